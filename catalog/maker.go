package catalog

import (
	"fmt"

	"github.com/wardbook/wardbook"
)

// A Maker is one row of the alias ledger of makers.
type Maker struct {
	ID         string   `yaml:"id"`
	Name       string   `yaml:"name"`
	Spellings  []string `yaml:"spellings"`
	PartOf     string   `yaml:"part_of"` // id of the maker that it belongs to now
	How        string   `yaml:"how"`     // unit, acquired, former_name
	Provenance `yaml:",inline"`
}

// A Model is one row of the ledger of brands and model numbers: either Brand,
// or Number with what it Is.
type Model struct {
	Maker      string `yaml:"maker"` // id of a Maker
	Brand      string `yaml:"brand"`
	Former     string `yaml:"former"` // id of the Maker that had the brand before
	Number     string `yaml:"number"`
	Is         string `yaml:"is"`
	Provenance `yaml:",inline"`
}

// Words are the words of product names that do not identify a product, the
// words that only tell its sort, and abbreviations of both.
type Words struct {
	Words         []string          `yaml:"words"`
	Sorts         []string          `yaml:"sorts"` // words that tell the sort of a product
	Abbreviations map[string]string `yaml:"abbreviations"`
	Provenance    `yaml:",inline"`
}

// Names is what the catalogue knows about names of makers and models.
type Names struct {
	Makers []Maker
	Models []Model
	Words  []Words
}

func loadNames(src source, ps *wardbook.Problems) Names {
	n := Names{
		Makers: read[Maker](src, "makers.yaml", ps),
		Models: read[Model](src, "models.yaml", ps),
		Words:  read[Words](src, "words.yaml", ps),
	}
	n.check(ps)
	return n
}

// check names every bad row: the place is the file and the row, counted from 1.
func (n Names) check(ps *wardbook.Problems) {
	parent := map[string]string{}
	for i, m := range n.Makers {
		place := fmt.Sprintf("makers.yaml row %d (%s)", i+1, m.ID)
		if m.ID == "" || m.Name == "" || m.Source == "" {
			ps.Add(place, "id, name and source are needed")
		}
		if _, twice := parent[m.ID]; twice {
			ps.Add(place, "the id is there twice")
		}
		parent[m.ID] = m.PartOf
		switch {
		case m.PartOf == "" && m.How == "":
		case m.PartOf != "" && (m.How == "unit" || m.How == "acquired" || m.How == "former_name"):
		default:
			ps.Add(place, "part_of needs how: unit, acquired or former_name")
		}
	}
	for i, m := range n.Makers {
		place := fmt.Sprintf("makers.yaml row %d (%s)", i+1, m.ID)
		if _, known := parent[m.PartOf]; m.PartOf != "" && !known {
			ps.Add(place, "part_of names the unknown maker %q", m.PartOf)
		}
		for at, steps := m.ID, 0; at != ""; at, steps = parent[at], steps+1 {
			if steps > len(parent) {
				ps.Add(place, "part_of goes in a circle")
				break
			}
		}
	}
	for i, m := range n.Models {
		place := fmt.Sprintf("models.yaml row %d (%s%s)", i+1, m.Brand, m.Number)
		if _, known := parent[m.Maker]; !known {
			ps.Add(place, "unknown maker %q", m.Maker)
		}
		if _, known := parent[m.Former]; m.Former != "" && !known {
			ps.Add(place, "former names the unknown maker %q", m.Former)
		}
		if (m.Brand == "") == (m.Number == "") || (m.Number == "") != (m.Is == "") || m.Source == "" {
			ps.Add(place, "give either brand, or number and is; and a source")
		}
	}
}

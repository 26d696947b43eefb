package inventory

import "github.com/wardbook/wardbook"

// Unique makes the ids of devices unique across inventories that are read
// together. An id that an earlier document has gets "#2", "#3", … appended,
// which is a problem of the later document.
func Unique(docs []*Document) {
	if len(docs) < 2 {
		return
	}
	places := map[string]string{} // id → where the device is that has it
	copies := map[string]int{}
	own := map[string]bool{}
	for _, doc := range docs {
		clear(own)
		for i := range doc.Devices {
			own[doc.Devices[i].ID] = true
		}
		for i := range doc.Devices {
			d := &doc.Devices[i]
			if place, taken := places[d.ID]; taken {
				id := d.ID
				d.ID, copies[id] = nextID(id, copies[id], func(s string) bool { _, t := places[s]; return t || own[s] })
				ps := wardbook.Problems(doc.Problems)
				ps.Add(d.Place, "the asset id %q stands in %s too: this device is named %q", id, place, d.ID)
				doc.Problems = ps
			}
			places[d.ID] = d.Place
		}
	}
}

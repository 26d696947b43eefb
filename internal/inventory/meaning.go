package inventory

import (
	"strings"

	"github.com/wardbook/wardbook"
)

var yesWords = words("y yes true t 1 x ✓ ✔ j ja oui o si sí s wahr vrai verdadero verdad waar yep available vorhanden disponible aanwezig")
var noWords = words("n no false f 0 nein non nee falsch faux falso onwaar none keine aucun ninguno geen -")

// yesNo reads an answer in any of the languages; a count is yes above zero.
func yesNo(s string) (t wardbook.Ternary, understood bool) {
	w := strings.Trim(strings.ToLower(s), " .!*()")
	switch {
	case yesWords[w]:
		return wardbook.Yes, true
	case noWords[w]:
		return wardbook.No, true
	case isUnknown(s):
		return wardbook.Unknown, true
	case isDigits(w) && len(w) <= 4:
		return wardbook.Yes, true
	}
	first, _, _ := strings.Cut(w, " ")
	first = strings.TrimRight(first, ",;:-–")
	switch {
	case yesWords[first] && len(first) > 1:
		return wardbook.Yes, true
	case noWords[first] && len(first) > 1:
		return wardbook.No, true
	}
	return wardbook.Unknown, false
}

// phrase lists are looked for in the status of a device, in this order: what
// takes a device out of use for good first, since "not in service (disposed)"
// holds words of several.
var servicePhrases = []struct {
	state   wardbook.ServiceState
	phrases []string
}{
	{wardbook.InService, []string{"not retired", "not decommissioned", "not disposed", "nicht ausgemustert", "to be retired", "to be decommissioned", "to be disposed", "pending retirement", "pending disposal", "pending decommission", "planned retirement", "retirement planned", "zur ausmusterung", "a reformer"}},
	{wardbook.Retired, []string{"retire", "decommission", "decom", "dispos", "scrap", "condemn", "written off", "write off", "sold", "donat", "discard", "salvage", "destroyed", "end of life", "removed from inventory", "deleted", "traded in", "trade in", "returned to vendor", "returned to manufacturer", "returned to lessor",
		"ausgemustert", "ausgesondert", "verschrottet", "entsorgt", "stillgelegt", "verkauft", "abgegangen", "abgang", "reforme", "mis au rebut", "rebut", "cede", "vendu", "elimine", "dado de baja", "de baja", "baja", "desechado", "vendido", "afgevoerd", "afgeschreven", "afgestoten", "verkocht", "verschroot"}},
	{wardbook.Spare, []string{"not in use", "not in service", "out of service", "not active", "inactive", "in storage", "storage", "stored", "in store", "spare", "in stock", "stock", "repair", "on hold", "quarantine", "standby", "stand by", "reserve", "under maintenance", "in maintenance", "maintenance", "out for service", "sent out", "at vendor", "in transit", "unused", "idle", "warehouse", "awaiting", "on order", "ordered", "received", "not deployed", "tagged out", "out of order", "defect", "broken", "not commissioned", "backup", "hors service",
		"inaktiv", "nicht aktiv", "ausser betrieb", "nicht in betrieb", "lager", "reparatur", "ersatzgerat", "gesperrt", "defekt", "in wartung", "stock", "en reparation", "reparation", "en panne", "inactif", "en maintenance", "magasin", "secours", "inactivo", "fuera de servicio", "fuera de uso", "almacen", "reparacion", "en mantenimiento", "repuesto", "buiten gebruik", "buiten dienst", "niet in gebruik", "inactief", "magazijn", "opslag", "reparatie", "in onderhoud", "reserve"}},
	{wardbook.InService, []string{"active", "in use", "in service", "inservice", "inuse", "operational", "operating", "deployed", "live", "production", "in production", "installed", "online", "on line", "available", "loan", "commissioned", "working", "functional", "current", "ready", "ok", "good", "up", "leased", "rented", "assigned", "open", "patient use", "enabled", "new",
		"aktiv", "in betrieb", "betrieb", "im einsatz", "produktiv", "in nutzung", "in benutzung", "einsatzbereit", "verfugbar", "leihgerat", "en service", "actif", "active", "en fonctionnement", "en exploitation", "operationnel", "utilise", "disponible", "pret", "activo", "activa", "en uso", "en servicio", "operativo", "en funcionamiento", "in gebruik", "actief", "in dienst", "operationeel", "bruikleen"}},
}

// readService reads the state of a device. negative says that the column asks
// the opposite ("Retired?"), where yes means out of use.
func readService(s string, negative bool) (state wardbook.ServiceState, understood bool) {
	if isUnknown(s) && s != "0" {
		return wardbook.ServiceUnknown, true
	}
	if t, ok := yesNo(s); ok && (len(s) <= 6 || negative) {
		switch {
		case t == wardbook.Unknown:
			return wardbook.ServiceUnknown, true
		case negative && t == wardbook.Yes:
			return wardbook.Retired, true
		case negative, t == wardbook.Yes:
			return wardbook.InService, true
		}
		return wardbook.Spare, true // not active: out of use, for how long is not said
	}
	w := " " + strings.Join(strings.Fields(splitWords(s)), " ") + " "
	for _, sp := range servicePhrases {
		for _, p := range sp.phrases {
			if strings.Contains(w, " "+p) && (len(p) > 4 || strings.Contains(w, " "+p+" ")) {
				return sp.state, true
			}
		}
	}
	return wardbook.ServiceUnknown, false
}

var negativeHeader = words("retired decommissioned disposed inactive scrapped deactivated stillgelegt ausgemustert ausgesondert reforme baja afgevoerd")

// asksOpposite says whether yes in a column of this header means out of use.
func asksOpposite(header string) bool {
	h := normHeader(header)
	for w := range strings.FieldsSeq(h) {
		if negativeHeader[w] {
			return true
		}
	}
	return strings.Contains(h, "out service") || strings.Contains(h, "ausser betrieb") || strings.Contains(h, "hors service") || strings.Contains(h, "buiten gebruik")
}

// lifeSupportPhrases say in a criticality that a life depends on the device.
var lifeSupportPhrases = []string{"life support", "lifesupport", "life sustain", "life saving", "life critical", "critical care", "high risk", "highrisk",
	"lebenserhaltend", "lebenswichtig", "hohes risiko", "hochrisiko", "maintien en vie", "support vital", "soutien vital", "suppleance vitale", "haut risque", "risque eleve", "soporte vital", "soporte de vida", "alto riesgo", "riesgo alto", "levensondersteunend", "hoog risico"}

// lifeSupport reads from the words of a criticality whether a life depends on
// the device. Other words ("high", "A", "2") do not say so and leave it
// unknown.
func lifeSupport(criticality string) wardbook.Ternary {
	w := " " + strings.Join(strings.Fields(splitWords(criticality)), " ") + " "
	for _, p := range lifeSupportPhrases {
		i := strings.Index(w, " "+p)
		if i < 0 {
			continue
		}
		before := strings.Fields(w[:i])
		if len(before) > 0 {
			switch before[len(before)-1] {
			case "non", "not", "no", "nicht", "keine", "kein", "niet", "geen", "pas":
				return wardbook.No
			}
		}
		return wardbook.Yes
	}
	return wardbook.Unknown
}

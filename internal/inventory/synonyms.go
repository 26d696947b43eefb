package inventory

import "strings"

// synonyms are header names of hospital inventories in English, German,
// French, Spanish and Dutch, normalised as normHeader does: lower case, no
// accents, articles dropped, "#", "Nr.", "No.", "Num." and their like written
// "no". In a list the better source of a field comes first: where several
// columns hold one field, that order decides.
var synonyms = map[Field][]string{
	AssetID: {
		"asset id", "asset no", "asset tag", "asset tag no", "asset tag id", "asset code", "asset identifier", "assetid", "assettag",
		"equipment id", "equipment no", "equip id", "equip no", "equipment tag", "equipment code", "eq id", "eq no", "eqp id", "eqp no", "eqpt no",
		"control no", "control id", "ctrl no", "ctl no", "ce no", "ce id", "ce control no", "ce tag", "ce asset no", "cen", "ce",
		"biomed no", "biomed id", "biomed tag", "biomed asset no", "bmet no", "bme no", "hospital id", "hospital no", "hospital asset no", "property no", "property tag",
		"tag no", "tag id", "inventory no", "inventory id", "inventory tag", "inventory code", "inv no", "inv id",
		"cmms id", "cmms no", "cmdb id", "ci id", "ci no", "configuration item", "unit no", "unit id", "device id", "device no", "device tag",
		"inventarnummer", "inventar no", "inventar id", "inventarno", "inv nummer", "invno", "geratenummer", "geratno", "gerateno", "gerate no", "gerat no", "gerate id", "gerat id",
		"anlagennummer", "anlagen no", "anlage no", "anlagenno", "equipmentnummer", "equi no", "objektnummer", "objekt no", "asset nummer", "assetnummer", "sap no", "sap equipment",
		"no inventaire", "numero inventaire", "no gmao", "code gmao", "id gmao", "code equipement", "id equipement", "no equipement", "no immobilisation", "code bien", "no bien", "identifiant",
		"no inventario", "id inventario", "codigo inventario", "id equipo", "codigo equipo", "no equipo", "codigo activo", "no activo", "id activo", "placa", "placa inventario", "activo fijo", "codigo",
		"inventarisnummer", "inventaris no", "inventaris id", "apparaatnummer", "apparaat no", "apparaat id", "middelnummer", "middel no", "objectnummer", "object no", "registratienummer", "activumnummer", "toestelnummer",
		"asset", "tag", "barcode", "bar code", "barcode no", "item id", "item no", "item code", "id no", "id", "key", "record id",
		"asset name", "hostname", "host name", "host", "computer name", "netbios name", "netbios", "fqdn", "dns name",
	},
	Manufacturer: {
		"manufacturer", "manufacturer name", "mfr", "mfr name", "mfg", "mfg name", "mfgr", "mnfr", "manf", "manuf", "manuf name", "manufact", "maker", "make", "oem", "oem name", "original equipment manufacturer", "device manufacturer", "equipment manufacturer", "manufacturer desc", "manufacturer description", "producer", "brand", "brand name", "vendor", "vendor name", "company", "company name",
		"hersteller", "herstellername", "hersteller name", "fabrikat", "marke", "produzent",
		"fabricant", "constructeur", "nom fabricant", "nom constructeur", "marque",
		"fabricante", "nombre fabricante", "marca",
		"fabrikant", "fabrikantnaam", "merk", "producent", "merknaam",
		"supplier", "supplier name", "lieferant", "fournisseur", "proveedor", "leverancier",
	},
	Model: {
		"model", "model name", "model desc", "model description", "model designation", "device model", "equipment model", "product model", "mdl", "mod", "product", "product name", "model type", "make model", "make and model", "manufacturer model", "manufacturer and model", "device name model", "asset model", "model version", "trade name", "commercial name", "product description", "product family",
		"modell", "modellbezeichnung", "modellname", "geratemodell", "geratetyp modell", "typenbezeichnung", "typbezeichnung", "produkt", "produktname", "fabrikat typ", "handelsname", "hersteller modell", "modell typ",
		"modele", "nom modele", "type modele", "modele appareil", "modele equipement", "designation commerciale", "produit", "reference modele",
		"modelo", "nombre modelo", "modelo equipo", "producto", "denominacion comercial",
		"modelnaam", "model naam", "productnaam", "model omschrijving",
	},
	ModelNumber: {
		"model no", "model number", "model code", "mdl no", "mod no", "catalog no", "catalogue no", "cat no", "catalog", "catalog number", "part no", "part number", "pn", "p n", "partno", "mpn", "manufacturer part no", "mfr part no", "ref", "ref no", "reference no", "reference number", "product no", "product code", "material no", "order no", "sku", "article no", "model id", "version model no", "version or model no",
		"modellnummer", "modell no", "artikelnummer", "artikel no", "katalognummer", "bestellnummer", "bestell no", "materialnummer", "teilenummer", "referenznummer", "ref nummer", "typennummer", "typnummer", "typ no", "modelno",
		"no modele", "reference", "reference catalogue", "reference fabricant", "no reference", "reference produit", "no catalogue", "no article", "code article",
		"no modelo", "no parte", "no referencia", "no catalogo", "referencia", "codigo modelo", "codigo producto",
		"modelnummer", "onderdeelnummer", "catalogusnummer", "referentienummer", "bestelnummer", "typenummer",
	},
	Serial: {
		"serial no", "serial number", "serial", "sn", "serial id", "serialno", "ser no", "ser", "serl no", "srl no", "device serial no", "equipment serial no", "mfr serial no", "manufacturer serial no", "manufacturer serial", "serial code",
		"seriennummer", "serien no", "serienno", "fabriknummer", "fabrik no", "geratenummer hersteller", "fabrikationsnummer", "fab no", "serno",
		"no serie", "numero serie", "num serie", "n serie", "serie",
		"numero serie fabricante", "serie no", "ns", "n s",
		"serienummer", "serie nummer", "serienr",
	},
	Version: {
		"software version", "sw version", "software rev", "sw rev", "software revision", "sw revision", "software ver", "sw ver", "swver", "sw vers", "swversion", "software release", "sw release", "software level", "sw level", "sw", "software", "software version no", "current software version", "installed version", "software version installed", "application version", "app version", "application software version", "app ver", "system software version", "system software", "product version", "device software version", "device version", "system version", "software firmware version", "software firmware", "sw fw version", "sw fw", "software fw version", "software fw", "sw fw rev", "sw fw ver", "firmware software version", "firmware software", "version software", "version sw", "version firmware", "version fw", "rev sw", "rev fw", "software firmware rev", "software build", "current version", "running version",
		"firmware version", "fw version", "firmware rev", "fw rev", "firmware revision", "fw revision", "firmware ver", "fw ver", "fwver", "fw", "firmware", "firmware level", "firmware release", "fw level", "fw release",
		"softwareversion", "softwarestand", "software stand", "sw stand", "swstand", "firmwareversion", "firmwarestand", "firmware stand", "fw stand", "softwarerelease", "softwarerevision", "firmwarerevision", "programmversion", "geratesoftware", "software ausgabe",
		"version logiciel", "version logicielle", "logiciel", "version du logiciel", "version micrologiciel", "micrologiciel", "version applicative", "version soft", "rev logiciel", "revision logiciel",
		"version programa", "version aplicacion", "ver software", "version de software",
		"softwareversie", "software versie", "sw versie", "firmwareversie", "firmware versie", "fw versie", "versie software", "versie firmware", "programmatuurversie",
		"version", "ver", "vers", "version no", "rev", "revision", "release", "versie", "version installee", "version actual", "versionsstand",
	},
	UDIField: {
		"udi", "udi code", "udi no", "full udi", "udi full", "udi carrier", "udi string", "udi barcode", "unique device identifier", "unique device identification", "udi hrf", "udi di pi",
		"udi di", "udidi", "device identifier", "device identifier di", "primary di", "di", "gtin", "gtin no", "gtin 14", "ean", "gtin udi", "udi gtin", "udi device identifier", "identifiant unique", "iud", "iud id", "udi nummer",
	},
	Type: {
		"device type", "equipment type", "asset type", "type description", "device category", "equipment category", "asset category", "category", "equipment class", "device class", "device description", "equipment description", "asset description", "description", "desc", "device desc", "equip desc", "equip description", "equipment desc", "equipment name", "device name", "equip type", "equip name", "nomenclature", "ecri name", "umdns name", "umdns description", "umdns term", "umdns", "gmdn name", "gmdn term", "gmdn", "generic name", "asset desc", "item description", "item name", "item", "type", "modality", "device group", "equipment group", "class", "classification", "common name", "equipment", "device", "name", "device family",
		"gerateart", "geratetyp", "geratebezeichnung", "gerat", "bezeichnung", "geratekategorie", "gerategruppe", "produktgruppe", "beschreibung", "anlagenbezeichnung", "art", "kategorie", "typ", "gerate art", "gerate typ", "emdn", "umdns bezeichnung",
		"type equipement", "type appareil", "type dispositif", "designation", "libelle", "appareil", "equipement", "categorie", "famille", "description equipement", "nature", "nom equipement", "denomination", "dispositif medical",
		"tipo", "tipo equipo", "tipo dispositivo", "nombre equipo", "equipo", "descripcion", "descripcion equipo", "denominacion", "clase", "categoria", "familia", "nombre",
		"apparaattype", "type apparaat", "soort", "soort apparaat", "apparaatsoort", "omschrijving", "apparaat", "apparaatgroep", "toestel", "benaming", "apparaatnaam",
	},
	Site: {
		"site", "site name", "site code", "facility", "facility name", "facility code", "hospital", "hospital name", "campus", "campus name", "entity", "entity name", "location site", "organization", "organisation", "institution", "institution name", "account", "account name", "customer", "client", "client name", "building", "building name", "bldg", "bldg name",
		"standort", "standortname", "krankenhaus", "klinik", "klinikum", "haus", "einrichtung", "betriebsstatte", "werk", "gebaude", "mandant",
		"etablissement", "hopital", "nom site", "nom etablissement", "batiment", "centre",
		"sede", "hospital nombre", "centro", "sitio", "edificio", "institucion", "establecimiento",
		"locatie naam", "vestiging", "ziekenhuis", "gebouw", "instelling", "lokatie site",
	},
	Location: {
		"ward", "ward name", "ward unit", "care area", "care unit", "nursing unit", "patient care area", "patient care unit", "clinical area", "clinical unit", "unit name", "unit", "department", "department name", "dept", "dept name", "dept description", "department description", "dpt", "using department", "owner department", "owning department", "user department", "service area", "area", "clinical department", "location department", "location", "location name", "loc", "loc name", "location description", "current location", "assigned location", "home location", "device location", "equipment location", "physical location", "asset location", "cost center name", "cost centre name", "cost center description", "cost centre description", "cost center", "cost centre", "costcenter", "cc name", "cc", "dept code", "department code", "room name", "room", "room no", "floor",
		"station", "stationsname", "abteilung", "abteilungsname", "fachabteilung", "bereich", "funktionsbereich", "organisationseinheit", "oe", "einsatzort", "aufstellort", "aufstellungsort", "ort", "kostenstelle", "kostenstellenbezeichnung", "kostenstelle bezeichnung", "kst", "kst bezeichnung", "raum", "raumnummer", "raum no",
		"service utilisateur", "service", "unite soins", "unite fonctionnelle", "uf", "service clinique", "pole", "departement", "localisation", "emplacement", "lieu", "unite", "libelle uf", "nom service", "salle", "local",
		"servicio", "area clinica", "unidad", "departamento", "ubicacion", "localizacion", "sala", "planta", "centro coste", "centro costo", "pabellon",
		"afdeling", "afdelingsnaam", "verpleegafdeling", "locatie", "kostenplaats", "ruimte", "kamer", "standplaats", "lokatie", "eenheid",
	},
	Zone: {
		"network zone", "security zone", "zone", "network segment", "segment", "vlan", "vlan id", "vlan no", "vlan name", "subnet", "network", "network name", "subnet name", "network type", "network area", "nac zone", "firewall zone",
		"netzwerkzone", "netzzone", "netzwerksegment", "netzsegment", "netz", "netzwerk", "sicherheitszone", "subnetz", "zone reseau", "reseau", "segment reseau", "zona red", "zona de red", "red", "segmento", "segmento red", "netwerkzone", "netwerksegment", "netwerk", "netwerk zone",
	},
	IP:  {"ip", "ip address", "ip addr", "ipaddress", "ipaddr", "ipv4", "ipv4 address", "ip v4", "ip no", "ip adresse", "ipadresse", "adresse ip", "ip adres", "ipadres", "direccion ip", "dir ip", "current ip", "static ip", "device ip", "ip address current", "ipv6", "ipv6 address"},
	MAC: {"mac", "mac address", "mac addr", "macaddress", "macaddr", "mac adresse", "macadresse", "adresse mac", "mac adres", "direccion mac", "ethernet address", "ethernet mac", "physical address", "hardware address", "wired mac", "lan mac", "wlan mac", "wireless mac", "wifi mac", "wi fi mac", "mac id"},
	Criticality: {
		"criticality", "criticality level", "risk level", "risk class", "risk category", "risk score class", "risk", "device risk", "equipment risk", "risk group", "risk rating", "priority", "device criticality", "asset criticality", "business criticality", "clinical criticality", "criticality rating", "criticality code", "equipment function", "em risk", "aem risk", "risk classification", "device risk class", "patient risk", "clinical risk", "impact",
		"kritikalitat", "risikoklasse", "kritisch", "risiko", "risikostufe", "kritikalitatsstufe", "mpg klasse", "mdr klasse", "anlage mpbetreibv",
		"criticite", "niveau criticite", "classe risque", "niveau risque", "risque", "criticidad", "nivel riesgo", "riesgo", "clase riesgo", "clasificacion riesgo", "kriticiteit", "risicoklasse", "risico", "risicoclassificatie",
	},
	LifeSupport: {
		"life support", "life support flag", "life supporting", "life sustaining", "is life support", "life support device", "life support equipment", "life critical", "life saving", "lifesupport", "high risk", "high risk device", "lebenserhaltend", "lebenswichtig", "maintien vie", "support vital", "soutien vital", "suppleance vitale", "soporte vital", "soporte vida", "levensondersteunend", "vitaal",
	},
	Redundancy: {
		"redundancy", "redundant", "backup", "backup available", "back up", "back up available", "backup device", "has backup", "spare available", "spares available", "spare", "replacement available", "backup unit", "backup equipment", "standby unit", "redundanz", "ersatzgerat", "ersatzgerat vorhanden", "reserve", "redondance", "appareil secours", "secours", "redundancia", "equipo respaldo", "respaldo", "redundantie", "reserveapparaat", "back up beschikbaar",
	},
	Service: {
		"status", "asset status", "equipment status", "device status", "equip status", "state", "asset state", "device state", "operational status", "operational state", "operating status", "service status", "in service", "in use", "active", "is active", "active inactive", "lifecycle status", "life cycle status", "lifecycle state", "lifecycle stage", "lifecycle", "life cycle", "inventory status", "install status", "record status", "usage status", "use status", "condition status", "status code", "status description", "unit status", "status name", "availability",
		"retired", "is retired", "retired flag", "decommissioned", "is decommissioned", "disposed", "inactive", "out of service", "scrapped", "deactivated",
		"geratestatus", "zustand", "betriebsstatus", "anlagenstatus", "aktiv", "in betrieb", "stillgelegt", "ausgemustert", "ausgesondert", "ausser betrieb",
		"statut", "etat", "en service", "statut equipement", "etat equipement", "actif", "reforme", "hors service",
		"estado", "estado equipo", "en uso", "en servicio", "estatus", "baja", "situacion", "dado baja",
		"toestand", "apparaatstatus", "in gebruik", "actief", "afgevoerd", "buiten gebruik", "levensfase",
	},
	OS: {
		"operating system", "os", "os name", "os type", "operating system name", "os platform", "platform", "os description", "operating system and version", "os and version", "betriebssystem", "systeme exploitation", "systeme d exploitation", "se", "sistema operativo", "so", "besturingssysteem", "windows version",
	},
	OSVersion: {
		"os version", "operating system version", "os ver", "os release", "os build", "os level", "betriebssystem version", "betriebssystemversion", "version os", "version systeme exploitation", "version sistema operativo", "besturingssysteem versie", "os versie", "operating system version no", "os service pack",
	},
}

// noise are words of a header that do not change what it names.
var noise = words(`the of de des del der die das du d la le les el los het een l current actual the a an please enter your our list if known available
	field value text medical med biomedical clinical aktuelle aktueller actuelle huidige device equipment system installed primary main full`)

// against are words that make another thing of a header that otherwise sounds
// like a field: "Hardware Rev", "Software Date", "Manufacturer Phone".
var against = words(`date dates datum fecha time year jahr ano annee jaar month cost price preis prix precio prijs warranty garantie garantia
	contact phone telephone tel fax email mail url link web street city country zip po purchase invoice budget lease
	hardware hw pcb board bios boot bootloader kernel driver database db antivirus av dicom hl7 protocol license licence licenses
	end eol eos eosl support until expiry expires expiration expected recommended latest newest available required minimum target planned next last previous old former 
	hours count qty quantity total sum score points comment comments note notes remark remarks bemerkung kommentar commentaire observaciones opmerking
	pm maintenance schedule interval frequency technician engineer responsible verantwortlicher user username owned by cve cvss vulnerability plugin severity solution port manual battery accessory probe
	parent child related changed updated modified created`)

func words(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

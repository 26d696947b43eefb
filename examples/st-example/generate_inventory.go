//go:build ignore

package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// An area is one of the 25 care areas on three sites.
type area struct{ site, name, wing string }

var areas = map[string]area{
	"ICU": {"Main Campus", "Intensive Care Unit", "A3"}, "CCU": {"Main Campus", "Cardiac Care Unit", "A4"},
	"ED": {"Main Campus", "Emergency Department", "A0"}, "OR": {"Main Campus", "Operating Rooms", "A2"},
	"PACU": {"Main Campus", "Recovery (PACU)", "A2"}, "3E": {"Main Campus", "Medical-Surgical 3 East", "B3"},
	"4W": {"Main Campus", "Medical-Surgical 4 West", "B4"}, "DIA": {"Main Campus", "Dialysis", "B1"},
	"RAD": {"Main Campus", "Radiology", "C0"}, "LAB": {"Main Campus", "Laboratory", "C1"},
	"PHA": {"Main Campus", "Pharmacy", "C2"}, "NEU": {"Main Campus", "Neurology", "B2"},
	"CCL": {"Main Campus", "Cardiology Clinic", "A1"},
	"RED": {"Riverside", "Riverside Emergency", "R0"}, "RMS": {"Riverside", "Riverside Medical-Surgical", "R2"},
	"ROR": {"Riverside", "Riverside Surgery", "R1"}, "RRA": {"Riverside", "Riverside Imaging", "R0"},
	"RRE": {"Riverside", "Rehabilitation", "R3"}, "RIC": {"Riverside", "Infusion Center", "R1"},
	"LAD": {"Women and Children", "Labor and Delivery", "W1"}, "NIC": {"Women and Children", "Neonatal Intensive Care", "W2"},
	"PIC": {"Women and Children", "Pediatric Intensive Care", "W3"}, "PED": {"Women and Children", "Pediatrics", "W3"},
	"MBU": {"Women and Children", "Mother-Baby Unit", "W2"}, "WIM": {"Women and Children", "Women's Imaging", "W0"},
}

// A device is one row of an inventory, before its columns are named.
type device struct {
	maker, model, number, kind, version, os, zone, life, criticality, udi, serial, ip, mac, status, installed, remark string
	area
}

// writeInventory writes the CMMS export and the imaging department's list.
func writeInventory() {
	var cmms, imaging []device
	for i, f := range records("facts/fleet.csv") {
		ds := devices(i, f)
		if f[0] == "imaging" {
			imaging = append(imaging, ds...)
		} else {
			cmms = append(cmms, ds...)
		}
	}
	r := newRand("order")
	cmms = spoil(shuffle(r, cmms))
	writeCMMS(cmms)
	writeXLSX("inventory/imaging.xlsx", "Imaging", imagingRows(shuffle(r, imaging)))
}

// devices makes the devices of one line of facts/fleet.csv.
func devices(line int, f []string) []device {
	r := newRand(f[3])
	places, versions := shuffle(r, counted(f[1])), shuffle(r, counted(f[6]))
	systems := make([]string, len(places))
	for i := range systems {
		systems[i] = f[7]
	}
	if strings.Contains(f[7], "*") {
		systems = shuffle(r, counted(f[7]))
	}
	out := make([]device, len(places))
	for i, code := range places {
		d := device{maker: pick(r, f[2]), model: pick(r, f[3]), number: f[4], kind: pick(r, f[5]), version: versions[i],
			os: systems[i], zone: f[8], life: f[9], criticality: f[10], area: areas[code]}
		d.serial = fmt.Sprintf("%s%06d", strings.ToUpper(d.model[:1]), 100000+r.IntN(899999))
		year, month := 2006+r.IntN(18), 1+r.IntN(12)
		d.installed = fmt.Sprintf("%02d/%d", month, year)
		switch f[11] {
		case "gs1":
			d.udi = gs1(line, d.serial, fmt.Sprintf("%02d%02d01", year%100, month), i%3 == 0)
		case "hibcc":
			d.udi = hibcc(line, d.serial)
		}
		d.ip, d.mac = address(r, d.zone)
		d.status = status(r, d.criticality)
		out[i] = d
	}
	return out
}

func status(r *rand.Rand, criticality string) string {
	switch n := r.IntN(100); {
	case n < 3:
		return "Retired"
	case n < 6 && criticality != "Low":
		return "In storage"
	default:
		return "In service"
	}
}

// address invents a private IP and a locally administered MAC; devices without
// a network have neither.
func address(r *rand.Rand, zone string) (ip, mac string) {
	net := map[string]int{"Monitoring VLAN 120": 120, "Clinical VLAN 130": 130, "Clinical Wi-Fi": 140, "Imaging VLAN 150": 150, "Corporate LAN": 16}[zone]
	if net == 0 {
		return "", ""
	}
	n := r.IntN(1 << 15)
	return fmt.Sprintf("10.%d.%d.%d", net, n>>8, 1+n%254), fmt.Sprintf("02:53:54:%02X:%02X:%02X", net, n>>8, n&0xff)
}

// spoil adds what every real export has: rows without a model or a maker,
// repeated asset numbers (later, by their number), a wrong check digit, a model
// in the maker's column, remarks.
func spoil(ds []device) []device {
	for i := range ds {
		switch {
		case i%211 == 100:
			ds[i].model, ds[i].number, ds[i].remark = "", "", "label unreadable"
		case i%307 == 50 && ds[i].udi != "":
			ds[i].remark = "UDI typed by hand"
		case i%389 == 77:
			ds[i].maker, ds[i].remark = "", "maker?"
		case i%97 == 13:
			ds[i].remark = "PM overdue; see work order"
		}
	}
	wrong := 0
	for i := range ds {
		if strings.HasPrefix(ds[i].udi, "(01)") && wrong < 3 && i%50 == 7 {
			u := []byte(ds[i].udi)
			u[17] = '0' + (u[17]-'0'+1)%10 // the check digit of the GTIN
			ds[i].udi, ds[i].remark = string(u), "UDI typed by hand"
			wrong++
		}
	}
	return ds
}

// writeCMMS writes the CMMS export: semicolons, Windows-1252, lines before the
// header.
func writeCMMS(ds []device) {
	rows := [][]string{
		{"St. Example Hospital – CMMS equipment list"},
		{"Exported 29.08.2025 06:30 by Clinical Engineering", "", "", "Filter: none"},
		{},
		{"Asset No", "Manufacturer", "Model", "Model No", "Device Type", "Serial No", "SW Version", "UDI", "Site", "Department",
			"Room", "Network Zone", "IP Address", "MAC Address", "Life Support", "Criticality", "Status", "Operating System", "Installed", "Remarks"},
	}
	for i, d := range ds {
		no := fmt.Sprintf("SE-%05d", 10001+i*3)
		if i > 0 && i%401 == 0 {
			no = fmt.Sprintf("SE-%05d", 10001+(i-1)*3) // the number of the row above
		}
		rows = append(rows, []string{no, d.maker, d.model, d.number, d.kind, d.serial, d.version, d.udi, d.site, d.name,
			fmt.Sprintf("%s.%02d", d.wing, 1+i%24), d.zone, d.ip, d.mac, d.life, d.criticality, d.status, d.os, d.installed, d.remark})
	}
	var b strings.Builder
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				b.WriteByte(';')
			}
			if strings.ContainsAny(cell, ";\"\n") {
				cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
			}
			b.WriteString(cell)
		}
		b.WriteString("\r\n")
	}
	write("inventory/cmms-export.csv", windows1252(b.String()))
}

// windows1252 encodes text whose characters are Latin-1 or an en dash.
func windows1252(s string) []byte {
	out := make([]byte, 0, len(s))
	for _, c := range s {
		switch {
		case c == '–':
			out = append(out, 0x96)
		case c < 0x100:
			out = append(out, byte(c))
		default:
			panic(fmt.Sprintf("no Windows-1252 for %q", c))
		}
	}
	return out
}

func imagingRows(ds []device) [][]string {
	rows := [][]string{
		{"Imaging equipment, kept by the Department of Radiology"},
		{"Inventory ID", "Vendor", "Model designation", "Catalogue no.", "Modality", "Software release", "Serial", "UDI", "Campus", "Department", "VLAN", "IP", "OS", "Commissioned", "State"},
	}
	for i, d := range ds {
		rows = append(rows, []string{fmt.Sprintf("IMG-%03d", 101+i), d.maker, d.model, d.number, d.kind, d.version, d.serial, d.udi,
			d.site, d.name, d.zone, d.ip, d.os, d.installed, d.status})
	}
	return rows
}

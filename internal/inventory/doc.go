// Package inventory reads what hospitals export from their equipment
// databases (CMMS, CMDB, asset lists) into devices.
//
// It owns the file formats (CSV in any delimiter and common encoding, XLSX),
// the recognition of columns by header and by content, the correction of that
// by a columns file, the cleaning of values, and the reading of unique device
// identifiers (UDI) of GS1, HIBCC and ICCBBA.
//
// It states what the inventory states. Which product a device is, which maker
// an alias means and what a device class can do to a patient are left to the
// catalogue and to package match; opening files, archives and compression to
// package intake. What an inventory does not say stays empty; a row that cannot
// be used and a value that cannot be understood are problems with their place.
//
//	doc, err := inventory.Decode(f, "cmms.csv", inventory.Options{})
//	if err != nil {
//		return err // not an inventory, and why
//	}
//	os.Stdout.Write(doc.Mapping.YAML()) // which column was read as what
//	for _, d := range doc.Devices { … }
package inventory

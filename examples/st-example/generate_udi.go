//go:build ignore

package main

import (
	"fmt"
	"strings"
)

// gs1 makes a UDI whose GTIN starts with 952, the prefix that GS1 keeps for
// demonstrations; with separators for a scanner when scanned.
func gs1(item int, serial, made string, scanned bool) string {
	body := fmt.Sprintf("0952%09d", 100000+item*17)
	sum := 0
	for i, c := range body {
		if n := int(c - '0'); i%2 == 0 {
			sum += 3 * n
		} else {
			sum += n
		}
	}
	gtin := body + fmt.Sprint((10-sum%10)%10)
	if scanned {
		return "01" + gtin + "11" + made + "21" + serial
	}
	return "(01)" + gtin + "(11)" + made + "(21)" + serial
}

const hibccDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"

// hibcc makes a UDI of the invented labeler A999. A check character that is a
// blank would not survive a spreadsheet: then it leaves out the serial number.
func hibcc(item int, serial string) string {
	s := checked(fmt.Sprintf("+A999SE%04d0/$+%s", item, serial))
	if strings.HasSuffix(s, " ") {
		s = checked(fmt.Sprintf("+A999SE%04d0", item))
	}
	return s
}

// checked adds the check character, modulo 43.
func checked(s string) string {
	sum := 0
	for _, c := range s {
		sum += strings.IndexRune(hibccDigits, c)
	}
	return s + hibccDigits[sum%43:sum%43+1]
}

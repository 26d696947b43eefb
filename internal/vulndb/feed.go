package vulndb

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// The feed file, all numbers little-endian:
//
//	magic and format version            8 bytes
//	records, one frame after the other  length u32, CRC-32C u32, bytes
//	table: entries sorted by hash       hash u64, offset of the frame u64
//	index: one row for each block of the table (blockEntries entries, the last
//	       one may be shorter)          hash of the first entry u64, CRC-32C u32
//	superseded: offsets of records that a newer one replaced, u64 each
//	sources: JSON
//	footer: where all that is, checksums, and the magic again
//
// Opening reads header, footer, index and sources. A lookup reads a block of
// the table and the records that it names, and checks the checksum of each.

// formatVersion is part of every cache key: a feed of another version is never
// opened.
const formatVersion = 1

const (
	magic        = "WBFEED\x00" + string(rune(formatVersion))
	frameHead    = 8
	entrySize    = 16
	blockEntries = 256
	indexRow     = 12
	footerSize   = 11*8 + 4*4 + len(magic)
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// ErrCorrupt is the error of a feed that is cut, damaged or of another format
// version. Removing it and compiling again is the remedy; Cache does that.
var ErrCorrupt = errors.New("the compiled feed is damaged or of another version; it has to be compiled again")

// A footer says where the parts of a feed are.
type footer struct {
	size                         uint64 // of the whole file
	recordsEnd                   uint64
	entries                      uint64
	records                      uint64
	tableAt, indexAt, indexLen   uint64
	supersededAt, supersededLen  uint64
	sourcesAt, sourcesLen        uint64
	sumIndex, sumSup, sumSources uint32
}

func (f *footer) append(b []byte) []byte {
	start := len(b)
	for _, v := range f.words() {
		b = binary.LittleEndian.AppendUint64(b, *v)
	}
	b = binary.LittleEndian.AppendUint32(b, f.sumIndex)
	b = binary.LittleEndian.AppendUint32(b, f.sumSup)
	b = binary.LittleEndian.AppendUint32(b, f.sumSources)
	b = binary.LittleEndian.AppendUint32(b, checksum(b[start:]))
	return append(b, magic...)
}

func (f *footer) words() []*uint64 {
	return []*uint64{&f.size, &f.recordsEnd, &f.entries, &f.records, &f.tableAt, &f.indexAt, &f.indexLen,
		&f.supersededAt, &f.supersededLen, &f.sourcesAt, &f.sourcesLen}
}

// parseFooter reads a footer of a file of size bytes and checks that its parts
// lie where they can lie.
func parseFooter(b []byte, size int64) (f footer, ok bool) {
	if len(b) != footerSize || string(b[len(b)-len(magic):]) != magic {
		return f, false
	}
	body := b[:len(b)-len(magic)-4]
	if checksum(body) != binary.LittleEndian.Uint32(b[len(body):]) {
		return f, false
	}
	for i, v := range f.words() {
		*v = binary.LittleEndian.Uint64(body[8*i:])
	}
	sums := body[8*len(f.words()):]
	f.sumIndex = binary.LittleEndian.Uint32(sums)
	f.sumSup = binary.LittleEndian.Uint32(sums[4:])
	f.sumSources = binary.LittleEndian.Uint32(sums[8:])
	blocks := (f.entries + blockEntries - 1) / blockEntries
	at := f.recordsEnd
	ok = f.size == uint64(size) && at >= uint64(len(magic)) && at <= f.size && f.entries <= f.size/entrySize &&
		f.tableAt == at && f.indexAt == at+f.entries*entrySize &&
		f.indexLen == blocks*indexRow && f.supersededAt == f.indexAt+f.indexLen &&
		f.supersededLen <= f.size && f.sourcesAt == f.supersededAt+f.supersededLen &&
		f.sourcesLen <= f.size && f.sourcesAt+f.sourcesLen+uint64(footerSize) == f.size
	return f, ok
}

// A Source is one input of a feed with what became of it.
type Source struct {
	Name string `json:"name"`
	Info
}

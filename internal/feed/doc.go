// Package feed brings raw documents of the field into a folder and says how old
// they are: CSAF advisories (by provider metadata, ROLIE or directory), OSV, KEV,
// EPSS, NVD and the CVE list, online or as signed offline bundles.
//
// A feed folder holds feeds.yaml (which sources, which network), index.json (what
// came from where and when, under which digest, with which signature), and the
// bytes themselves under documents/, each file with its digest in its name. It reads only what leads
// to documents and what says how old they are; what a document means is the
// business of advisory and vulndb, which read the same bytes by Folder.Path.
//
//	f, err := feed.Open(dir, feed.Options{})
//	report, err := f.Fetch(ctx, "kev", nil)
//	docs, err := f.Documents(feed.Advisories...)
//	for _, d := range docs {
//		read(f.Path(d))
//	}
//
// What arrives is checked before it is used: TLS, the digests and OpenPGP
// signatures that a CSAF provider publishes, and that the content is what the
// source should give. What fails is kept aside with the reason; the document that
// was there before stays in use. Nothing is ever assumed about a source that could
// not be reached: Status says since when it is unknown.
//
// The network is walled: connections go to public addresses only, checked after
// name resolution and again for every redirect, unless feeds.yaml allows a host or
// a network by name.
package feed

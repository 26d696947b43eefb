// Package fleet is an index of the devices of one organization in memory: for
// questions over the whole fleet, such as the first fifty of a million devices
// by model where the ward is this and the text is that, and how many there
// are.
//
// A Snapshot is the fleet after one entry of the book. It never changes, so
// any number of readers use it while the next is made from it with Apply. It
// can be thrown away and built again from the store at any time: the store has
// the truth, the past and the whole of each device.
//
// Values that many devices share (maker, model, ward, …) are kept once and
// numbered; what is of one device (ids, addresses) lies in one text. A million
// devices take about 150 MB.
package fleet

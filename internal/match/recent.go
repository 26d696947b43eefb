package match

import "hash/maphash"

// recent remembers what was used of late, in bounded memory: what was not asked
// for while a whole generation filled up is forgotten.
type recent[K comparable, V any] struct {
	now, before map[K]V
	weight      int // of what is in now
	most        int // weight of a generation
}

func newRecent[K comparable, V any](most int) recent[K, V] {
	return recent[K, V]{now: map[K]V{}, most: most}
}

func (r *recent[K, V]) get(k K) (V, bool) {
	v, ok := r.now[k]
	if !ok {
		if v, ok = r.before[k]; ok {
			r.put(k, v, 1)
		}
	}
	return v, ok
}

func (r *recent[K, V]) put(k K, v V, weight int) {
	if r.weight >= r.most {
		r.before, r.now, r.weight = r.now, make(map[K]V, len(r.now)), 0
	}
	r.now[k] = v
	r.weight += weight
}

// digest stands for texts in the key of a map that is to hold many of them. Its
// seeds are random, so that nobody can make two texts that have one.
type digest [2]uint64

type digester [2]maphash.Seed

func newDigester() digester { return digester{maphash.MakeSeed(), maphash.MakeSeed()} }

func (d digester) of(texts [2]string) digest {
	return digest{maphash.Comparable(d[0], texts), maphash.Comparable(d[1], texts)}
}

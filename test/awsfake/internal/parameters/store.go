// Package parameters is the Parameter Store of Systems Manager: the parameters of every account and region, their versions, labels and
// tags, and the operations on them. Signatures, latency, faults of whole requests and counters are none of its business.
package parameters

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// place is where a parameter lives; nothing is visible from one place in another.
type place struct{ account, region string }

// Types of parameters.
const (
	typeString       = "String"
	typeStringList   = "StringList"
	typeSecureString = "SecureString"
)

type version struct {
	number  int
	value   string
	kind    string // one of the types
	labels  []string
	changed time.Time
}

// Tag is a tag of a parameter.
type Tag struct{ Key, Value string }

type parameter struct {
	name, arn, description, key string
	order                       int // position in listings, by time of creation
	versions                    []*version
	tags                        []Tag
}

func (p *parameter) current() *version { return p.versions[len(p.versions)-1] }

func (p *parameter) addVersion(value, kind string) {
	p.versions = append(p.versions, &version{number: len(p.versions) + 1, value: value, kind: kind, changed: time.Now()})
}

// pick finds the version that a selector, a number or a label, means; empty means the current one. It returns nil when there is none.
func (p *parameter) pick(selector string) *version {
	if selector == "" {
		return p.current()
	}
	number, err := strconv.Atoi(selector)
	at := slices.IndexFunc(p.versions, func(v *version) bool {
		if err == nil {
			return v.number == number
		}
		return slices.Contains(v.labels, selector)
	})
	if at < 0 {
		return nil
	}
	return p.versions[at]
}

// setLabel gives a label to a version and takes it from the one that had it.
func (p *parameter) setLabel(v *version, label string) {
	for _, other := range p.versions {
		other.labels = slices.DeleteFunc(other.labels, func(had string) bool { return had == label })
	}
	v.labels = append(v.labels, label)
}

// setTags adds tags, or gives those that exist new values.
func (p *parameter) setTags(tags []Tag) {
	for _, tag := range tags {
		if at := slices.IndexFunc(p.tags, func(t Tag) bool { return t.Key == tag.Key }); at >= 0 {
			p.tags[at] = tag
			continue
		}
		p.tags = append(p.tags, tag)
	}
}

// Store holds all parameters. It is safe for concurrent use.
type Store struct {
	mu      sync.RWMutex
	shelves map[place]map[string]*parameter // by name
	order   int
}

// NewStore returns an empty store.
func NewStore() *Store { return &Store{shelves: map[place]map[string]*parameter{}} }

// Reset forgets all parameters.
func (st *Store) Reset() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.shelves = map[place]map[string]*parameter{}
}

// split cuts an id into the name or ARN of a parameter and the version or label after it, which may be empty.
func split(id string) (name, selector string) {
	if colon := strings.LastIndex(id, ":"); colon > strings.LastIndex(id, "/") {
		return id[:colon], id[colon+1:]
	}
	return id, ""
}

// find looks a parameter up by name or ARN. It returns nil when there is none in the place. The lock must be held.
func (st *Store) find(at place, name string) *parameter {
	if found := st.shelves[at][name]; found != nil || !strings.HasPrefix(name, "arn:") {
		return found
	}
	for _, p := range st.shelves[at] {
		if p.arn == name {
			return p
		}
	}
	return nil
}

// sorted lists the parameters of a place in order of their creation. The lock must be held.
func (st *Store) sorted(at place) []*parameter {
	all := make([]*parameter, 0, len(st.shelves[at]))
	for _, p := range st.shelves[at] {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *parameter) int { return cmp.Compare(a.order, b.order) })
	return all
}

// add puts a new parameter without versions on the shelf. The lock must be held.
func (st *Store) add(at place, name string) *parameter {
	st.order++
	p := &parameter{
		name: name, order: st.order,
		arn: "arn:aws:ssm:" + at.region + ":" + at.account + ":parameter/" + strings.TrimPrefix(name, "/"),
	}
	if st.shelves[at] == nil {
		st.shelves[at] = map[string]*parameter{}
	}
	st.shelves[at][name] = p
	return p
}

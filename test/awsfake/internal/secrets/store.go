// Package secrets is Secrets Manager: the secrets of every account and region, their versions and staging labels, and the operations
// on them. Signatures, latency, faults of whole requests and counters are none of its business.
package secrets

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/identity"
)

// Staging labels that Secrets Manager moves by itself.
const (
	stageCurrent  = "AWSCURRENT"
	stagePrevious = "AWSPREVIOUS"
)

// place is where a secret lives; nothing is visible from one place in another.
type place struct{ account, region string }

// value is what a version holds; one of the two.
type value struct {
	text   *string
	binary []byte
}

func (v value) empty() bool { return v.text == nil && v.binary == nil }

func (v value) equal(w value) bool {
	if v.text != nil && w.text != nil {
		return *v.text == *w.text
	}
	return v.text == w.text && slices.Equal(v.binary, w.binary)
}

type version struct {
	id      string
	created time.Time
	value   value
}

// Tag is a tag of a secret.
type Tag struct{ Key, Value string }

type secret struct {
	arn, name, description, kmsKey string
	tags                           []Tag
	order                          int // position in listings, by time of creation
	created, changed               time.Time
	keyDisabled                    bool                // the KMS key can't decrypt
	deleted                        time.Time           // when it was scheduled for deletion; zero when it was not
	purge                          time.Time           // when its recovery window ends
	versions                       map[string]*version // by version id
	stages                         map[string]string   // staging label to version id
}

// stagesOf are the labels of one version, sorted.
func (s *secret) stagesOf(id string) []string {
	labels := []string{}
	for label, on := range s.stages {
		if on == id {
			labels = append(labels, label)
		}
	}
	slices.Sort(labels)
	return labels
}

// Store holds all secrets. It is safe for concurrent use.
type Store struct {
	mu      sync.RWMutex
	shelves map[place]map[string]*secret // by name
	order   int
}

// NewStore returns an empty store.
func NewStore() *Store { return &Store{shelves: map[place]map[string]*secret{}} }

// Reset forgets all secrets.
func (st *Store) Reset() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.shelves = map[place]map[string]*secret{}
}

// find looks a secret up by name, by ARN, or by ARN without the six characters AWS adds. It returns nil when there is none in the
// region of at; an ARN may name another account. The lock must be held.
func (st *Store) find(at place, id string) *secret {
	if !strings.HasPrefix(id, "arn:") {
		return st.shelves[at][id]
	}
	part := strings.SplitN(id, ":", 7)
	if len(part) != 7 || part[3] != at.region {
		return nil
	}
	shelf := st.shelves[place{part[4], at.region}]
	if s := shelf[part[6]]; s != nil {
		return s
	}
	if cut := len(part[6]) - 7; cut > 0 {
		if s := shelf[part[6][:cut]]; s != nil && s.arn == id {
			return s
		}
	}
	return nil
}

// sorted lists the secrets of a place in order of their creation. The lock must be held.
func (st *Store) sorted(at place) []*secret {
	all := make([]*secret, 0, len(st.shelves[at]))
	for _, s := range st.shelves[at] {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *secret) int { return cmp.Compare(a.order, b.order) })
	return all
}

// add puts a new, valueless secret on the shelf. The lock must be held.
func (st *Store) add(at place, name string) *secret {
	now := time.Now()
	st.order++
	s := &secret{
		arn:  "arn:aws:secretsmanager:" + at.region + ":" + at.account + ":secret:" + name + "-" + identity.RandomID(6),
		name: name, order: st.order, created: now, changed: now,
		versions: map[string]*version{}, stages: map[string]string{},
	}
	if st.shelves[at] == nil {
		st.shelves[at] = map[string]*secret{}
	}
	st.shelves[at][name] = s
	return s
}

package secrets

import (
	"encoding/base64"
	"strconv"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/wire"
)

const maxList = 100

// query is a filtered and paged listing of one place.
type query struct {
	filters []filter
	deleted bool // also secrets pending deletion
	limit   *int // results asked for, nil for most
	most    int  // results there may be in a page
	token   string
}

// page lists one page and the token of the next, which is empty on the last. The lock must be held.
func (st *Store) page(at place, q query) (page []*secret, next string, err error) {
	if len(q.filters) > maxFilters {
		return nil, "", wire.Constraint("[filters]", "filters", "Member must have length less than or equal to "+strconv.Itoa(maxFilters))
	}
	for _, f := range q.filters {
		if err := f.check(); err != nil {
			return nil, "", err
		}
	}
	limit := q.most
	if q.limit != nil {
		limit = *q.limit
		if limit < 1 || limit > q.most {
			return nil, "", wire.Constraint(strconv.Itoa(limit), "maxResults", "Member must have value between 1 and "+strconv.Itoa(q.most))
		}
	}
	after, err := readToken(q.token)
	if err != nil {
		return nil, "", err
	}
	for _, s := range st.sorted(at) {
		if s.order <= after || !q.matches(s) {
			continue
		}
		if len(page) == limit {
			return page, writeToken(page[limit-1].order), nil
		}
		page = append(page, s)
	}
	return page, "", nil
}

func (q query) matches(s *secret) bool {
	if !s.deleted.IsZero() && !q.deleted {
		return false
	}
	for _, f := range q.filters {
		if !f.matches(s) {
			return false
		}
	}
	return true
}

// A page token is the listing position of the last secret handed out, so that secrets that come or go between two pages move nothing.
func writeToken(order int) string {
	return base64.StdEncoding.EncodeToString(strconv.AppendInt([]byte("after:"), int64(order), 10))
}

func readToken(token string) (int, error) {
	if token == "" {
		return 0, nil
	}
	text, err := base64.StdEncoding.DecodeString(token)
	if err == nil && len(text) > len("after:") {
		if order, err := strconv.Atoi(string(text[len("after:"):])); err == nil {
			return order, nil
		}
	}
	return 0, wire.NewError("InvalidNextTokenException", "The NextToken value is invalid.")
}

// description is a secret without its value, as DescribeSecret and ListSecrets answer it.
type description struct {
	ARN, Name       string
	Description     string     `json:",omitempty"`
	KMSKeyID        string     `json:"KmsKeyId,omitempty"`
	DeletedDate     *wire.Time `json:",omitempty"`
	CreatedDate     wire.Time
	LastChangedDate wire.Time
	Tags            []Tag               `json:",omitempty"`
	Described       map[string][]string `json:"VersionIdsToStages,omitempty"`     // of DescribeSecret
	Listed          map[string][]string `json:"SecretVersionsToStages,omitempty"` // of ListSecrets
}

func describe(s *secret) description {
	d := description{
		ARN: s.arn, Name: s.name, Description: s.description, KMSKeyID: s.kmsKey, Tags: s.tags,
		CreatedDate: wire.Time{Time: s.created}, LastChangedDate: wire.Time{Time: s.changed},
	}
	if !s.deleted.IsZero() {
		d.DeletedDate = &wire.Time{Time: s.purge}
	}
	return d
}

// labelled are the versions that have a label; the others can be read by id but are not shown.
func labelled(s *secret) map[string][]string {
	shown := map[string][]string{}
	for label := range s.stages {
		id := s.stages[label]
		shown[id] = s.stagesOf(id)
	}
	return shown
}

func (s *Service) describe(r request) (any, error) {
	var in struct {
		SecretID string `json:"SecretId"`
	}
	if err := r.call.Decode(&in); err != nil {
		return nil, err
	}
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	found, err := s.target(r, r.call.Action(), in.SecretID)
	if err != nil {
		return nil, err
	}
	d := describe(found)
	d.Described = labelled(found)
	return d, nil
}

func (s *Service) list(r request) (any, error) {
	var in struct {
		Filters                []filter
		IncludePlannedDeletion bool
		MaxResults             *int
		NextToken              string
	}
	if err := r.call.Decode(&in); err != nil {
		return nil, err
	}
	if err := s.authorize(r, actionList); err != nil {
		return nil, err
	}
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	page, next, err := s.store.page(r.at, query{in.Filters, in.IncludePlannedDeletion, in.MaxResults, maxList, in.NextToken})
	if err != nil {
		return nil, err
	}
	result := struct {
		SecretList []description
		NextToken  string `json:",omitempty"`
	}{SecretList: make([]description, len(page)), NextToken: next}
	for i, found := range page {
		result.SecretList[i] = describe(found)
		result.SecretList[i].Listed = labelled(found)
	}
	return result, nil
}

package parameters

import (
	"encoding/base64"
	"strconv"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/wire"
)

// paging is the part of a request for a list that is about its pages.
type paging struct {
	MaxResults *int
	NextToken  string
}

// page is those of all that match, in order, which the request asks for, and the token of the next page, empty on the last.
func (p paging) page(all []*parameter, most int, matches func(*parameter) bool) (page []*parameter, next string, err error) {
	limit := most
	if p.MaxResults != nil {
		limit = *p.MaxResults
		if limit < 1 || limit > most {
			return nil, "", wire.Constraint(strconv.Itoa(limit), "maxResults", "Member must have value between 1 and "+strconv.Itoa(most))
		}
	}
	after := 0
	if p.NextToken != "" {
		if after, err = readToken(p.NextToken); err != nil {
			return nil, "", err
		}
	}
	for _, candidate := range all {
		if candidate.order <= after || !matches(candidate) {
			continue
		}
		if len(page) == limit {
			return page, writeToken(page[limit-1].order), nil
		}
		page = append(page, candidate)
	}
	return page, "", nil
}

// A page token is the listing position of the last parameter handed out, so that what comes or goes between two pages moves nothing.
func writeToken(order int) string {
	return base64.StdEncoding.EncodeToString([]byte(strconv.Itoa(order)))
}

func readToken(token string) (int, error) {
	text, err := base64.StdEncoding.DecodeString(token)
	if err == nil {
		var order int
		if order, err = strconv.Atoi(string(text)); err == nil {
			return order, nil
		}
	}
	return 0, wire.NewError("InvalidNextToken", "The specified token isn't valid.")
}

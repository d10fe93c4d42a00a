package parameters

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/wire"
)

// Options of filters.
const (
	optionEquals     = "Equals"
	optionBeginsWith = "BeginsWith"
	optionContains   = "Contains"
	optionRecursive  = "Recursive"
	optionOneLevel   = "OneLevel"
)

const tagPrefix = "tag:"

// filter selects parameters. Several filters must all match, and of one filter's values any; a tag filter without values asks whether
// there is such a tag.
type filter struct {
	Key, Option string
	Values      []string
}

// option is the filter's or, when that is empty, its default.
func (f filter) option() string {
	if f.Key == "Path" {
		return cmp.Or(f.Option, optionOneLevel)
	}
	return cmp.Or(f.Option, optionEquals)
}

func checkFilters(filters []filter) error {
	var keys []string
	for _, f := range filters {
		if slices.Contains(keys, f.Key) {
			return wire.NewError("InvalidFilterKey", "The following filter is duplicated in the request: "+f.Key+
				". A request can contain only one occurrence of a specific filter.")
		}
		keys = append(keys, f.Key)
		if err := f.check(); err != nil {
			return err
		}
	}
	return nil
}

func (f filter) check() error {
	options := []string{optionEquals, optionBeginsWith}
	isTag := strings.HasPrefix(f.Key, tagPrefix) && f.Key != tagPrefix
	switch {
	case f.Key == "Path":
		options = []string{optionRecursive, optionOneLevel}
	case f.Key == "Name":
		options = append(options, optionContains)
	case f.Key != "Type" && f.Key != "KeyId" && !isTag:
		return wire.NewError("InvalidFilterKey", "The following filter key is not valid: "+f.Key)
	}
	if !slices.Contains(options, f.option()) {
		return wire.NewError("InvalidFilterOption", "The following filter option is not valid: "+f.Option)
	}
	if len(f.Values) == 0 && !isTag {
		return wire.NewError("InvalidFilterValue", "The following filter values are missing: null for filter key "+f.Key)
	}
	for _, value := range f.Values {
		if value == "" {
			return wire.Constraint(value, "parameterFilters.1.member.values", "Member must have length greater than or equal to 1")
		}
		if f.Key == "Path" {
			if err := checkPath(value); err != nil {
				return err
			}
		}
	}
	return nil
}

func matchAll(filters []filter, p *parameter) bool {
	return !slices.ContainsFunc(filters, func(f filter) bool { return !f.matches(p) })
}

func (f filter) matches(p *parameter) bool {
	key, isTag := strings.CutPrefix(f.Key, tagPrefix)
	switch {
	case isTag:
		return slices.ContainsFunc(p.tags, func(t Tag) bool { return t.Key == key && (len(f.Values) == 0 || f.any(t.Value)) })
	case f.Key == "Path":
		return slices.ContainsFunc(f.Values, func(path string) bool { return isBelow(p.name, path, f.option() == optionRecursive) })
	case f.Key == "Name":
		return f.any(p.name)
	case f.Key == "Type":
		return f.any(p.current().kind)
	default:
		return f.any(p.key)
	}
}

// any tells whether a text is what one of the values asks for.
func (f filter) any(text string) bool {
	return slices.ContainsFunc(f.Values, func(value string) bool {
		switch f.option() {
		case optionBeginsWith:
			return strings.HasPrefix(text, value)
		case optionContains:
			return strings.Contains(text, value)
		default:
			return text == value
		}
	})
}

package status

import (
	"fmt"
	"io"
	"time"

	"github.com/liggitt/tabwriter"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/kubectl/pkg/cmd/get"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/document"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/scope"
)

// form is a way to print items.
type form int

const (
	table form = iota
	names
	documents // for programs
	text      // the chain of one item, for a person
)

// Output prints items.
type Output struct {
	Form    form
	Printer printers.ResourcePrinter
	// SortBy is a JSONPath over items; empty leaves them in the order of namespace and name.
	SortBy string
	Out    io.Writer
	// One tells that one item was asked for by name: it is printed by itself and not as a list.
	One bool
	// Apart tells that each item is printed by itself though several were asked for, as they are watched.
	Apart bool

	// columns keeps the widths of columns, so that rows that come later stand under the first ones.
	columns *tabwriter.Writer
}

// Chained tells whether items must come with their chains.
func (o Output) Chained() bool { return o.One && (o.Form == text || o.Form == documents) }

// Print prints items.
func (o Output) Print(items []Item, now time.Time) error {
	items, err := o.sort(items)
	if err != nil {
		return err
	}
	switch o.Form {
	case text:
		for _, item := range items {
			if err := render(item, now, o.Out); err != nil {
				return err
			}
		}
		return nil
	case names:
		for _, item := range items {
			if _, err := fmt.Fprintln(o.Out, scope.Display(item.Metadata.Name)); err != nil {
				return err
			}
		}
		return nil
	case documents:
		return o.printDocument(items)
	default:
		if err := o.Printer.PrintObj(tableOf(items, now), o.columns); err != nil {
			return err
		}
		return o.columns.Flush()
	}
}

// printDocument prints one item by itself, and so those that are watched; others as a list.
func (o Output) printDocument(items []Item) error {
	objects, err := toObjects(items)
	if err != nil {
		return err
	}
	if o.One || o.Apart {
		for _, object := range objects {
			if err := o.Printer.PrintObj(object, o.Out); err != nil {
				return err
			}
		}
		return nil
	}
	list := document.List(kindList)
	for _, object := range objects {
		list.Items = append(list.Items, *object)
	}
	return o.Printer.PrintObj(list, o.Out)
}

// sort puts items in the order of SortBy.
func (o Output) sort(items []Item) ([]Item, error) {
	if o.SortBy == "" || len(items) == 0 {
		return items, nil
	}
	objects, err := toObjects(items)
	if err != nil {
		return nil, err
	}
	sortable := make([]runtime.Object, len(objects))
	for i, object := range objects {
		sortable[i] = object
	}
	order, err := get.SortObjects(nil, sortable, o.SortBy)
	if err != nil {
		return nil, err
	}
	sorted := make([]Item, len(items))
	for i := range items {
		sorted[i] = items[order.OriginalPosition(i)]
	}
	return sorted, nil
}

func toObjects(items []Item) ([]*unstructured.Unstructured, error) {
	objects := make([]*unstructured.Unstructured, len(items))
	for i, item := range items {
		object, err := document.Of(item)
		if err != nil {
			return nil, fmt.Errorf("the status of %s: %w", item.Metadata.Name, err)
		}
		objects[i] = object
	}
	return objects, nil
}

package status

import (
	"cmp"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

const (
	// widest is how many characters of a message stand in a column.
	widest = 80
	// ellipsis is ASCII, since the table printer counts bytes.
	ellipsis = "..."
)

// tableOf lays items out as kubectl's table printer wants them; it adds namespaces and labels itself.
func tableOf(items []Item, now time.Time) *metav1.Table {
	t := &metav1.Table{ColumnDefinitions: []metav1.TableColumnDefinition{
		{Name: "Name", Type: "string", Format: "name"},
		{Name: "Store", Type: "string"},
		{Name: "Interval", Type: "string"},
		{Name: "Last Sync", Type: "string"},
		{Name: "Next Due", Type: "string"},
		{Name: "State", Type: "string"},
		{Name: "Reason", Type: "string"},
		{Name: "Secret", Type: "string", Priority: 1},
		{Name: "Store Kind", Type: "string", Priority: 1},
		{Name: "Policy", Type: "string", Priority: 1},
		{Name: "Message", Type: "string", Priority: 1},
	}}
	for _, item := range items {
		stores, kinds := item.storeCells()
		t.Rows = append(t.Rows, metav1.TableRow{
			Cells: []any{
				item.Metadata.Name, stores, item.intervalCell(), ago(item.LastSync, now), item.dueCell(now), string(item.State),
				cut(essence(item.Message)), orNone(cmp.Or(item.SecretName, item.Target)), kinds, orNone(item.CreationPolicy), item.inFull(),
			},
			Object: runtime.RawExtension{Object: &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
				Namespace: item.Metadata.Namespace, Name: item.Metadata.Name, UID: types.UID(item.Metadata.UID),
				Labels: item.Metadata.Labels,
			}}},
		})
	}
	return t
}

func (i Item) storeCells() (names, kinds string) {
	var name, kind []string
	for _, store := range i.Stores {
		name, kind = append(name, store.Name), append(kind, store.Kind)
	}
	return orNone(strings.Join(name, ",")), orNone(strings.Join(kind, ","))
}

// intervalCell is how often it is refreshed.
func (i Item) intervalCell() string {
	interval, err := time.ParseDuration(i.RefreshInterval)
	switch {
	case i.RefreshPolicy == string(api.RefreshPolicyOnChange):
		return "on change"
	case i.RefreshPolicy == string(api.RefreshPolicyCreatedOnce), err == nil && interval <= 0:
		return "once"
	default:
		return orNone(i.RefreshInterval)
	}
}

func (i Item) dueCell(now time.Time) string {
	switch {
	case i.NextDue != nil && !i.NextDue.After(now):
		return duration.HumanDuration(now.Sub(*i.NextDue)) + " ago"
	case i.Due:
		return "now"
	case i.NextDue != nil:
		return "in " + duration.HumanDuration(i.NextDue.Sub(now))
	default:
		return "<none>"
	}
}

// inFull is the reason, of which a column has the beginning, or else the message that the last refresh left.
func (i Item) inFull() string {
	if i.Message == "" && i.Ready != nil {
		return i.Ready.Message
	}
	return orNone(i.Message)
}

// essence is a recorded message without the words with which all of its kind begin.
func essence(message string) string {
	return strings.TrimPrefix(message, api.MessageProviderFailed+": ")
}

// cut shortens text to what fits into a column.
func cut(text string) string {
	runes := []rune(text)
	if len(runes) <= widest {
		return text
	}
	return string(runes[:widest-len(ellipsis)]) + ellipsis
}

func ago(t *time.Time, now time.Time) string {
	if t == nil {
		return "<never>"
	}
	return duration.HumanDuration(now.Sub(*t))
}

func orNone(text string) string {
	if text == "" {
		return "<none>"
	}
	return text
}

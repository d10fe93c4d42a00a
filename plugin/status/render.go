package status

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"
)

// most is how many Pods, and workloads, are shown to a person.
const most = 20

// render writes the chain of an ExternalSecret for a person, from the store to the Pods.
func render(item Item, now time.Time, out io.Writer) error {
	var text bytes.Buffer
	p := &page{Writer: tabwriter.NewWriter(&text, 0, 8, 3, ' ', 0), now: now}
	p.head(item)
	if item.Chain != nil {
		p.tree(item)
		p.stores(item.Chain.Stores)
	}
	p.externalSecret(item)
	if item.Chain != nil {
		if item.Chain.Secret.Name != "" { // it writes one, and can be read
			p.secret(item.Chain.Secret)
			p.origins(item.Chain.Origins)
			p.workloads(item.Chain.Workloads)
			p.pods(item.Chain.Pods)
		}
		p.events(item.Chain.Events)
	}
	for line := range strings.Lines(text.String()) { // columns pad what stands in the last one too
		if _, err := fmt.Fprintln(out, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}

// page writes lines of columns. What it writes into cannot fail.
type page struct {
	*tabwriter.Writer
	now time.Time
}

// line writes cells that stand under those of the lines around it.
func (p *page) line(cells ...string) { _, _ = fmt.Fprintln(p.Writer, strings.Join(cells, "\t")) }

// section begins a new section, whose columns have widths of their own.
func (p *page) section(format string, args ...any) {
	_ = p.Flush()
	p.line("")
	p.line(fmt.Sprintf(format, args...))
	_ = p.Flush()
}

func (p *page) head(item Item) {
	p.line("Name:", item.Metadata.Name)
	p.line("Namespace:", item.Metadata.Namespace)
	p.line("State:", string(item.State))
	if item.Message != "" {
		p.line("Reason:", essence(item.Message))
	}
	p.diagnosis(item)
	_ = p.Flush()
}

func (p *page) stores(stores []StoreLink) {
	for _, store := range stores {
		p.section("%s %s", store.Kind, store.Name)
		switch {
		case store.Error != "":
			p.line("  Error:", store.Error)
		default:
			p.line("  Provider:", orNone(store.Provider))
			class := store.Class
			if class == "" {
				class = "<any>"
			}
			p.line("  Class:", class)
			if store.Ready != nil {
				p.line("  Ready:", p.condition(store.Ready))
				p.line("  Message:", orNone(store.Ready.Message))
			}
		}
	}
}

func (p *page) externalSecret(item Item) {
	p.section("ExternalSecret %s", item.Metadata.Name)
	if item.RefreshPolicy != "" {
		p.line("  Refresh:", item.RefreshPolicy+", "+item.Every())
		p.line("  Policies:", "creation "+item.CreationPolicy+", deletion "+item.DeletionPolicy)
	}
	if item.Target != "" {
		p.line("  Target:", item.Target)
	}
	p.line("  Last sync:", p.when(item.LastSync, "<never>"))
	p.freshness(item)
	if item.Chain != nil && item.RefreshPolicy != "" {
		p.line("  Refreshed by:", item.Chain.Refreshers.String())
	}
	if item.Ready == nil {
		p.line("  Ready:", "<none>")
	} else {
		p.line("  Ready:", p.condition(item.Ready))
		p.line("  Message:", orNone(item.Ready.Message))
	}
	_ = p.Flush()
}

// freshness is when it is due, how late that is, and what holds it back.
func (p *page) freshness(item Item) {
	due := item.dueCell(p.now)
	if item.NextDue != nil {
		due += " (" + item.NextDue.UTC().Format(time.RFC3339) + ")"
	}
	p.line("  Next due:", due)
	if late := time.Duration(item.LateSeconds) * time.Second; late > 0 {
		p.line("  Late:", "by "+duration.HumanDuration(late))
	}
	switch {
	case item.HeldBy == "":
	case item.HeldUntil == nil:
		p.line("  Held back:", item.HeldBy+", and no end of it is in sight")
	default:
		p.line("  Held back:", fmt.Sprintf("%s, until %s (in %s)",
			item.HeldBy, item.HeldUntil.UTC().Format(time.RFC3339), duration.HumanDuration(item.HeldUntil.Sub(p.now))))
	}
}

// condition is a Ready condition without its message.
func (p *page) condition(ready *Ready) string {
	return fmt.Sprintf("%s, %s, since %s", ready.Status, orNone(ready.Reason), p.when(ready.Since, "<unknown>"))
}

// Every is the interval in words.
func (i Item) Every() string {
	switch cell := i.intervalCell(); cell {
	case "once", "on change":
		return cell
	default:
		return "every " + cell
	}
}

// when is a time with its age.
func (p *page) when(t *time.Time, none string) string {
	if t == nil {
		return none
	}
	return fmt.Sprintf("%s ago (%s)", duration.HumanDuration(p.now.Sub(*t)), t.UTC().Format(time.RFC3339))
}

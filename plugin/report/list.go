package report

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/status"
)

const (
	// mostOpen is how many ExternalSecrets a page has at most for all to be unfolded at first.
	mostOpen = 100
	// chunkRows is how many rows a table has. Namespaces with more have several, which are folded.
	chunkRows = 200
	// mostUsers is how many of those who use a Secret are named in a row, and mostWhy how much of a message.
	mostUsers = 3
	mostWhy   = 120
)

// namespaceView is the part of the list that is about a namespace.
type namespaceView struct {
	Name           string
	Total, NotWell int
	// Wide is the part that is not well, in thousandths.
	Wide   int
	Open   bool
	Chunks []chunk
}

// chunk is a table of a namespace. It has a title if there are several.
type chunk struct {
	Title, Caption string
	Open           bool
	Rows           []rowView
}

// rowView is an ExternalSecret, between what it reads and who uses it.
type rowView struct {
	State, Class string
	// Cause is the number of its cause; zero for what is well.
	Cause            int
	Name             string
	Stores           string
	Secret           string
	Missing          bool
	Users            []string
	MoreUsers        int
	UsersUnknown     bool
	Fresh, Bar, Late string
	Why              string
	StaleUsers       int
	// None tells that nothing is written.
	None bool
}

func (f *Fleet) namespaceViews() []namespaceView {
	bad := f.notWell()
	usersUnknown := f.unknown(partWorkloads) != "" && f.unknown(partPods) != ""
	var views []namespaceView
	for i := range f.Items {
		e := &f.Items[i]
		if len(views) == 0 || views[len(views)-1].Name != e.Metadata.Namespace {
			views = append(views, namespaceView{Name: e.Metadata.Namespace, Open: f.Total <= mostOpen})
		}
		view := &views[len(views)-1]
		if view.Total%chunkRows == 0 {
			view.Chunks = append(view.Chunks, chunk{Open: true})
		}
		view.Total++
		if bad[i] > 0 {
			view.NotWell++
		}
		row := e.row(f)
		row.Cause, row.UsersUnknown = bad[i], usersUnknown && len(row.Users) == 0
		last := &view.Chunks[len(view.Chunks)-1]
		last.Rows = append(last.Rows, row)
	}
	for i := range views {
		views[i].title()
	}
	return views
}

// title names the tables of a namespace.
func (v *namespaceView) title() {
	v.Wide = barWide * v.NotWell / v.Total
	for i := range v.Chunks {
		c := &v.Chunks[i]
		c.Caption = "ExternalSecrets in namespace " + v.Name
		if len(v.Chunks) > 1 {
			from := i*chunkRows + 1
			c.Title = fmt.Sprintf("%s to %s", c.Rows[0].Name, c.Rows[len(c.Rows)-1].Name)
			c.Caption += fmt.Sprintf(", %s to %s", number(from), number(from+len(c.Rows)-1))
			c.Open = false
		}
	}
}

func (e *Entry) row(f *Fleet) rowView {
	row := rowView{
		State: string(e.State), Class: classOf(e.State), Name: e.Metadata.Name, Stores: storeWords(e.Item), Secret: e.SecretName,
		Missing: e.Secret != nil && !e.Secret.Exists,
	}
	switch {
	case e.Target != "":
		row.Secret = e.Target
	case e.SecretName == "":
		row.None = true
	}
	row.Users = e.users()
	if more := len(row.Users) - mostUsers; more > 0 {
		row.Users, row.MoreUsers = row.Users[:mostUsers], more
	}
	for _, w := range e.Workloads {
		row.StaleUsers += len(w.Stale)
	}
	if e.State != status.Synced {
		row.Why = cut(strings.TrimPrefix(e.Message, api.MessageProviderFailed+": "), mostWhy)
	}
	interval, every := intervalOf(e.Item)
	since := "never"
	if e.LastSync != nil {
		since = duration.HumanDuration(f.Taken.Sub(*e.LastSync))
	}
	switch age, ok := share(e.Item, f.Taken); {
	case ok:
		row.Fresh, row.Bar, row.Late = since+" of "+short(every), rounded(age), e.lateness()
	case e.RefreshPolicy == "":
	default:
		row.Fresh = since + ", " + interval
	}
	return row
}

// storeWords names the stores of an ExternalSecret. A SecretStore, which is of its namespace, goes by its name alone.
func storeWords(item status.Item) string {
	var names []string
	for _, ref := range item.Stores {
		name := ref.Name
		if ref.Kind == api.KindClusterSecretStore {
			name += " (cluster)"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

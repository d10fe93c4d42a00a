package main

import (
	"io"
	"net/http"
	"sync"
)

// about is what the metadata server tells of the machine; it tells nothing until it knows the project.
type about struct {
	mu sync.Mutex
	machine
}

// machine is a node of a cluster.
type machine struct {
	Project  string `json:"project"`
	Cluster  string `json:"cluster"`
	Location string `json:"location"`
	// Account is the email of the service account that the machine runs as.
	Account string `json:"account"`
}

func (a *about) get() machine {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.machine
}

func (a *about) set(m machine) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.machine = m
}

// metadata is what http://metadata.google.internal serves.
func (f *fake) metadata(w http.ResponseWriter, r *http.Request) {
	if fault := f.traffic.pass("metadata", r); fault != nil {
		fault.answer(w)
		return
	}
	w.Header().Set("Metadata-Flavor", "Google")
	if r.Header.Get("Metadata-Flavor") != "Google" {
		http.Error(w, "Missing Metadata-Flavor:Google header.", http.StatusForbidden)
		return
	}
	m := f.about.get()
	texts := map[string]string{
		"/computeMetadata/v1/project/project-id":                      m.Project,
		"/computeMetadata/v1/instance/attributes/cluster-name":        m.Cluster,
		"/computeMetadata/v1/instance/attributes/cluster-location":    m.Location,
		"/computeMetadata/v1/instance/service-accounts/default/email": m.Account,
		"/computeMetadata/v1/universe/universe-domain":                "googleapis.com",
		"/computeMetadata/v1/universe/universe_domain":                "googleapis.com",
		"/computeMetadata/v1/instance/service-accounts/default/":      "aliases\nemail\n",
	}
	if r.URL.Path == "/computeMetadata/v1/instance/service-accounts/default/token" && m.Account != "" {
		f.iam.grant(w, "serviceAccount:"+m.Account)
		return
	}
	if text := texts[r.URL.Path]; text != "" {
		_, _ = io.WriteString(w, text)
		return
	}
	http.NotFound(w, r)
}

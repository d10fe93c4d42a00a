//go:build unix

package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/controlplane"
)

// controlSocket is the file in a cluster's directory at which it takes commands.
const controlSocket = "control.sock"

// takeCommands lets whoever may use the directory stop and start single servers, by their names:
//
//	POST /servers/kube-apiserver/stop    ends it in order
//	POST /servers/kube-apiserver/kill    ends it at once
//	POST /servers/kube-apiserver/start   starts it again
//
// The answer comes when that is done.
func takeCommands(plane *controlplane.ControlPlane) (stop func() error, err error) {
	path := filepath.Join(plane.Info.Dir, controlSocket)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove the socket of an earlier cluster: %w", err)
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen for commands: %w", err)
	}
	plane.Info.Control = path
	mux := http.NewServeMux()
	mux.HandleFunc("POST /servers/{name}/stop", func(w http.ResponseWriter, r *http.Request) {
		answer(w, plane.StopServer(r.PathValue("name"), false))
	})
	mux.HandleFunc("POST /servers/{name}/kill", func(w http.ResponseWriter, r *http.Request) {
		answer(w, plane.StopServer(r.PathValue("name"), true))
	})
	mux.HandleFunc("POST /servers/{name}/start", func(w http.ResponseWriter, r *http.Request) {
		answer(w, plane.StartServer(r.Context(), r.PathValue("name")))
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	return func() error {
		err := server.Close()
		if end := <-ended; !errors.Is(end, http.ErrServerClosed) {
			err = errors.Join(err, end)
		}
		return err
	}, nil
}

// answer says whether a command was carried out.
func answer(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, controlplane.ErrNoServer):
		http.Error(w, err.Error(), http.StatusNotFound)
	case errors.Is(err, controlplane.ErrRuns):
		http.Error(w, err.Error(), http.StatusConflict)
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

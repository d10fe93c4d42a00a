package main

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/jimlambrt/gldap"
)

// directory is an LDAP server that knows one user, cn=NAME,ou=people,dc=example.
type directory struct {
	url    string
	server *gldap.Server
}

func openDirectory(ctx context.Context, user, password string) (*directory, error) {
	server, err := gldap.NewServer()
	if err != nil {
		return nil, fmt.Errorf("make a directory: %w", err)
	}
	mux, err := gldap.NewMux()
	if err != nil {
		return nil, fmt.Errorf("make a directory: %w", err)
	}
	err = mux.Bind(func(w *gldap.ResponseWriter, r *gldap.Request) {
		answer := r.NewBindResponse(gldap.WithResponseCode(gldap.ResultInvalidCredentials))
		defer func() { _ = w.Write(answer) }()
		message, err := r.GetSimpleBindMessage()
		if err == nil && message.UserName == "cn="+user+",ou=people,dc=example" && string(message.Password) == password {
			answer.SetResultCode(gldap.ResultSuccess)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("make a directory: %w", err)
	}
	err = mux.Search(func(w *gldap.ResponseWriter, r *gldap.Request) { // for groups, of which there are none
		_ = w.Write(r.NewSearchDoneResponse(gldap.WithResponseCode(gldap.ResultSuccess)))
	})
	if err != nil {
		return nil, fmt.Errorf("make a directory: %w", err)
	}
	if err := server.Router(mux); err != nil {
		return nil, fmt.Errorf("make a directory: %w", err)
	}
	address, err := free(ctx)
	if err != nil {
		return nil, err
	}
	go func() { _ = server.Run(address) }()
	for !server.Ready() {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
	return &directory{url: "ldap://" + address, server: server}, nil
}

func (d *directory) close() { _ = d.server.Stop() }

// free is an address that nobody listens at: the server of the directory takes no listener.
func free(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find an address for the directory: %w", err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String(), nil
}

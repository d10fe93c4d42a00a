package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	pb "cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc"
)

// fake is the whole of it: three doors, and what is behind them.
type fake struct {
	ca      *authority
	servers []*http.Server
	proxy   string // of HTTPS_PROXY, which is the control side, too
	meta    string // of GCE_METADATA_HOST
	secure  string // where the proxy leads

	iam     *iam
	traffic *traffic
	secrets *secrets
	about   *about
}

// addresses is what it prints.
type addresses struct {
	URL      string `json:"url"`      // for HTTPS_PROXY and the control side
	Metadata string `json:"metadata"` // for GCE_METADATA_HOST
	CA       string `json:"ca"`       // PEM
}

func (f *fake) ready() addresses {
	return addresses{URL: "http://" + f.proxy, Metadata: f.meta, CA: string(f.ca.pem)}
}

func start(ctx context.Context, host string) (*fake, error) {
	ca, err := newAuthority()
	if err != nil {
		return nil, err
	}
	f := &fake{ca: ca, iam: newIAM(), traffic: &traffic{}, about: &about{}}
	f.secrets = &secrets{all: map[string]*stored{}, iam: f.iam, traffic: f.traffic}
	remote := grpc.NewServer(grpc.UnaryInterceptor(f.secrets.intercept))
	pb.RegisterSecretManagerServiceServer(remote, f.secrets)
	if f.secure, err = f.serve(ctx, host, &tls.Config{GetCertificate: ca.certificate, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12},
		f.google(remote)); err != nil {
		return nil, err
	}
	if f.proxy, err = f.serve(ctx, host, nil, http.HandlerFunc(f.connect)); err != nil {
		return nil, err
	}
	f.meta, err = f.serve(ctx, host, nil, http.HandlerFunc(f.metadata))
	return f, err
}

// serve opens a door and returns its address.
func (f *fake) serve(ctx context.Context, host string, secure *tls.Config, handler http.Handler) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return "", fmt.Errorf("listen: %w", err)
	}
	address := listener.Addr().String()
	server := &http.Server{Handler: handler, TLSConfig: secure, ReadHeaderTimeout: 10 * time.Second}
	f.servers = append(f.servers, server)
	go func() {
		if secure != nil {
			_ = server.ServeTLS(listener, "", "")
		} else {
			_ = server.Serve(listener)
		}
	}()
	return address, nil
}

func (f *fake) close() {
	for _, server := range f.servers {
		_ = server.Close()
	}
}

// google answers in place of each of Google's hosts.
func (f *fake) google(remote http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := strings.Cut(r.Host, ":")
		if fault := f.traffic.pass(host, r); fault != nil {
			fault.answer(w)
			return
		}
		switch {
		case strings.HasPrefix(host, "secretmanager."):
			location, _, regional := strings.Cut(strings.TrimPrefix(host, "secretmanager."), ".rep.googleapis.com")
			if !regional {
				location = ""
			}
			r = r.WithContext(context.WithValue(r.Context(), locationKey{}, location))
			if strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc") {
				remote.ServeHTTP(w, r)
				return
			}
			f.secrets.rest(w, r)
		case host == "oauth2.googleapis.com" && r.URL.Path == "/token":
			f.iam.token(w, r)
		case host == "oauth2.googleapis.com" && r.URL.Path == "/tokeninfo":
			f.iam.tokenInfo(w, r)
		case host == "sts.googleapis.com" && r.URL.Path == "/v1/token":
			f.iam.exchange(w, r)
		case host == "iamcredentials.googleapis.com":
			f.iam.impersonate(w, r)
		default:
			http.NotFound(w, r)
		}
	})
}

// connect leads to the fake itself, by whichever name of Google's, and nowhere else; without CONNECT it is the control side.
func (f *fake) connect(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect {
		f.control(w, r)
		return
	}
	if !strings.HasSuffix(r.Host, ".googleapis.com:443") {
		http.Error(w, "this proxy leads to Google only", http.StatusForbidden)
		return
	}
	there, err := (&net.Dialer{}).DialContext(r.Context(), "tcp", f.secure)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	here, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = there.Close()
		return
	}
	_, _ = io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n")
	var both sync.WaitGroup
	pipe := func(to, from net.Conn) {
		_, _ = io.Copy(to, from)
		_ = to.Close()
	}
	both.Go(func() { pipe(there, here) })
	both.Go(func() { pipe(here, there) })
	both.Wait()
}

// Command probe is what the tests run in Pods: it does what its arguments say, in their order, and prints a line about each.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

const (
	account = "/var/run/secrets/kubernetes.io/serviceaccount/"
	// patience is how long a change outside may take.
	patience = 2 * time.Minute
)

func main() {
	for _, arg := range os.Args[1:] {
		what, of, _ := strings.Cut(arg, "=")
		said, err := do(what, of)
		if err != nil {
			fmt.Printf("%s: failed: %v\n", arg, err)
			os.Exit(1)
		}
		fmt.Printf("%s: %s\n", arg, said)
	}
}

func do(what, of string) (string, error) {
	switch what {
	case "uid":
		return fmt.Sprint(os.Getuid()), nil
	case "env":
		value, ok := os.LookupEnv(of)
		if !ok {
			return "", errors.New("not set")
		}
		return value, nil
	case "file":
		content, err := os.ReadFile(of)
		return string(content), err
	case "write":
		if err := os.WriteFile(of, nil, 0o600); err != nil {
			return err.Error(), nil
		}
		return "written", nil
	case "get":
		return get(of)
	case "dial":
		connection, err := net.DialTimeout("tcp", of, 10*time.Second)
		if err != nil {
			return err.Error(), nil
		}
		return "connected", connection.Close()
	case "api":
		return api(of)
	case "sleep":
		time.Sleep(patience)
		return "rested", nil
	case "outage":
		return outage()
	default:
		return "", errors.New("unknown")
	}
}

// get is the status of a page.
func get(url string) (string, error) {
	response, err := (&http.Client{Timeout: 10 * time.Second}).Get(url)
	if err != nil {
		return "", err
	}
	return response.Status, response.Body.Close()
}

// api reads a page of the API server, at the address of the Service kubernetes, with the Pod's token.
func api(path string) (string, error) {
	token, err := os.ReadFile(account + "token")
	if err != nil {
		return "", err
	}
	authority, err := os.ReadFile(account + "ca.crt")
	if err != nil {
		return "", err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	client := &http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true},
	}
	address := net.JoinHostPort(os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT"))
	request, err := http.NewRequest(http.MethodGet, "https://"+address+path, nil)
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+string(token))
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return "", err
	}
	return response.Status + " " + string(body), nil
}

// outage waits until the API server is gone, and then until it is back.
func outage() (string, error) {
	gone := false
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		_, err := api("/version")
		if gone && err == nil {
			return "seen", nil
		}
		gone = gone || err != nil
	}
	return "", fmt.Errorf("not within %s", patience)
}

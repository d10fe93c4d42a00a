// Package object reads and writes single objects of the API server, as JSON by their paths: the few that the runner keeps for
// itself. What is reconciled is core's.
package object

import (
	"context"
	"encoding/json"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
)

// Client talks to one API server.
type Client struct{ raw rest.Interface }

// New makes a client. It makes no request.
func New(config *rest.Config) (*Client, error) {
	scheme := runtime.NewScheme()
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"}) // a Status, for the reason of a failure
	untyped := rest.CopyConfig(config)
	untyped.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	untyped.ContentType, untyped.AcceptContentTypes = "application/json", "application/json"
	raw, err := rest.UnversionedRESTClientFor(untyped)
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	return &Client{raw: raw}, nil
}

// Ref names an object.
type Ref struct {
	// API is where its kind is served: "/api/v1", "/apis/coordination.k8s.io/v1".
	API string
	// Resource is the kind as it stands in paths, such as "leases".
	Resource        string
	Namespace, Name string
}

func (r Ref) String() string {
	return fmt.Sprintf("%s %q in namespace %q", r.Resource, r.Name, r.Namespace)
}

// Get reads the object.
func (c *Client) Get(ctx context.Context, ref Ref, into any) error {
	return read("get", ref, c.raw.Get().AbsPath(ref.API).Namespace(ref.Namespace).Resource(ref.Resource).Name(ref.Name).Do(ctx), into)
}

// Create makes the object, and reads back what became of it.
func (c *Client) Create(ctx context.Context, ref Ref, object any) error {
	body, err := json.Marshal(object)
	if err != nil {
		return fmt.Errorf("encode %s: %w", ref, err)
	}
	return read("create", ref, c.raw.Post().AbsPath(ref.API).Namespace(ref.Namespace).Resource(ref.Resource).Body(body).Do(ctx), object)
}

// Update replaces the object, in the version that it has, and reads back what became of it.
func (c *Client) Update(ctx context.Context, ref Ref, object any) error {
	body, err := json.Marshal(object)
	if err != nil {
		return fmt.Errorf("encode %s: %w", ref, err)
	}
	request := c.raw.Put().AbsPath(ref.API).Namespace(ref.Namespace).Resource(ref.Resource).Name(ref.Name)
	return read("update", ref, request.Body(body).Do(ctx), object)
}

func read(verb string, ref Ref, answer rest.Result, into any) error {
	// Raw alone would drop what the API server says about a failure.
	err := answer.Error()
	if err == nil {
		var body []byte
		if body, err = answer.Raw(); err == nil {
			err = json.Unmarshal(body, into)
		}
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", verb, ref, err)
	}
	return nil
}

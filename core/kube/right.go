package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
)

// Right is what a request of the API server needs, in the terms of RBAC.
type Right struct {
	Group string
	// Resource may have a subresource, as in "serviceaccounts/token".
	Resource string
	Verb     string
	// Namespace is empty for what is in none.
	Namespace string
	// Name is the object's; empty means all of the namespace.
	Name string
}

// May asks the API server whether the caller has a right.
func (c *Client) May(ctx context.Context, right Right) (bool, error) {
	resource, subresource, _ := strings.Cut(right.Resource, "/")
	review := authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: right.Namespace, Verb: right.Verb, Group: right.Group, Resource: resource, Subresource: subresource, Name: right.Name,
		},
	}}
	review.APIVersion, review.Kind = authorizationv1.SchemeGroupVersion.String(), "SelfSubjectAccessReview"
	text, err := json.Marshal(review)
	if err != nil {
		return false, fmt.Errorf("write a review of access: %w", err)
	}
	body, err := bodyOf(c.raw.Post().AbsPath("/apis", authorizationv1.GroupName, "v1", "selfsubjectaccessreviews").Body(text).Do(ctx))
	if err != nil {
		return false, fmt.Errorf("ask whether %s of %s is permitted: %w", right.Verb, right.Resource, err)
	}
	if err := json.Unmarshal(body, &review); err != nil {
		return false, fmt.Errorf("read a review of access: %w", err)
	}
	return review.Status.Allowed, nil
}

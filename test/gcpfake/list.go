package main

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	pb "cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// largestPage is how much of a list one answer has at most.
const largestPage = 25000

// page is a part of a list and the token of the next.
func page[T any](all []T, size int32, token string) ([]T, string, error) {
	if size <= 0 || size > largestPage {
		size = largestPage
	}
	from := 0
	if token != "" {
		var err error
		if from, err = strconv.Atoi(strings.TrimPrefix(token, "page-")); err != nil || from > len(all) {
			return nil, "", status.Error(codes.InvalidArgument, "The provided page token is invalid.")
		}
	}
	to := min(from+int(size), len(all))
	next := ""
	if to < len(all) {
		next = "page-" + strconv.Itoa(to)
	}
	return all[from:to], next, nil
}

// ListSecrets lists those of a project and a location.
func (s *secrets) ListSecrets(ctx context.Context, r *pb.ListSecretsRequest) (*pb.ListSecretsResponse, error) {
	n, err := parse(ctx, r.Parent)
	if err != nil {
		return nil, err
	}
	if err := s.may(ctx, "secretmanager.secrets.list", n); err != nil {
		return nil, err
	}
	matches, err := filter(r.Filter)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*pb.Secret
	for _, key := range slices.Sorted(maps.Keys(s.all)) {
		if secret := s.all[key].secret; strings.HasPrefix(key, n.parent()+"/secrets/") && matches(secret) {
			found = append(found, proto.CloneOf(secret))
		}
	}
	some, next, err := page(found, r.PageSize, r.PageToken)
	if err != nil {
		return nil, err
	}
	return &pb.ListSecretsResponse{Secrets: some, NextPageToken: next, TotalSize: int32(len(found))}, nil
}

// filter reads what is served of the language of filters: name:PART and labels.KEY=VALUE, all of which must hold.
func filter(text string) (func(*pb.Secret) bool, error) {
	var all []func(*pb.Secret) bool
	for _, term := range strings.Fields(strings.ReplaceAll(text, " AND ", " ")) {
		part, isName := strings.CutPrefix(term, "name:")
		label, isLabel := strings.CutPrefix(term, "labels.")
		key, value, isEqual := strings.Cut(label, "=")
		switch {
		case isName:
			all = append(all, func(s *pb.Secret) bool { return strings.Contains(s.Name, part) })
		case isLabel && isEqual:
			all = append(all, func(s *pb.Secret) bool { return s.Labels[key] == value })
		default:
			return nil, status.Errorf(codes.InvalidArgument, "Invalid filter: %s", text)
		}
	}
	return func(s *pb.Secret) bool {
		return !slices.ContainsFunc(all, func(matches func(*pb.Secret) bool) bool { return !matches(s) })
	}, nil
}

// ListSecretVersions lists those of a secret, the newest first.
func (s *secrets) ListSecretVersions(ctx context.Context, r *pb.ListSecretVersionsRequest) (*pb.ListSecretVersionsResponse, error) {
	n, err := parse(ctx, r.Parent)
	if err != nil {
		return nil, err
	}
	if err := s.may(ctx, "secretmanager.versions.list", n); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.all[n.full()]
	if all == nil {
		return nil, status.Errorf(codes.NotFound, "Secret [%s] not found.", n.full())
	}
	state, filtered := strings.CutPrefix(r.Filter, "state:")
	if r.Filter != "" && !filtered {
		return nil, status.Errorf(codes.InvalidArgument, "Invalid filter: %s", r.Filter)
	}
	var found []*pb.SecretVersion
	for _, v := range slices.Backward(all.versions) {
		if !filtered || v.about.State.String() == state {
			found = append(found, proto.CloneOf(v.about))
		}
	}
	some, next, err := page(found, r.PageSize, r.PageToken)
	if err != nil {
		return nil, err
	}
	return &pb.ListSecretVersionsResponse{Versions: some, NextPageToken: next, TotalSize: int32(len(found))}, nil
}

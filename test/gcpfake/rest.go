package main

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"

	pb "cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// rest serves the paths that the service's own description has for HTTP, and JSON as protobuf defines it.
func (s *secrets) rest(w http.ResponseWriter, r *http.Request) {
	ctx := context.WithValue(r.Context(), callerKey{}, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	path, ok := strings.CutPrefix(r.URL.Path, "/v1/")
	if !ok {
		http.NotFound(w, r)
		return
	}
	message, err := s.route(ctx, r, path)
	if err != nil {
		restError(w, err)
		return
	}
	text, err := protojson.Marshal(message)
	if err != nil {
		restError(w, status.Error(codes.Internal, err.Error()))
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_, _ = w.Write(text)
}

func (s *secrets) route(ctx context.Context, r *http.Request, path string) (proto.Message, error) {
	query := r.URL.Query()
	size, _ := strconv.ParseInt(query.Get("pageSize"), 10, 32)
	parent, collection := path, ""
	if at := strings.LastIndex(path, "/"); at >= 0 {
		parent, collection = path[:at], path[at+1:]
	}
	name, verb, _ := strings.Cut(path, ":")
	switch {
	case r.Method == http.MethodGet && verb == "access":
		return s.AccessSecretVersion(ctx, &pb.AccessSecretVersionRequest{Name: name})
	case r.Method == http.MethodGet && collection == "secrets":
		return s.ListSecrets(ctx, &pb.ListSecretsRequest{Parent: parent, Filter: query.Get("filter"), PageSize: int32(size), PageToken: query.Get("pageToken")})
	case r.Method == http.MethodGet && collection == "versions":
		return s.ListSecretVersions(ctx, &pb.ListSecretVersionsRequest{Parent: parent, Filter: query.Get("filter"), PageSize: int32(size), PageToken: query.Get("pageToken")})
	case r.Method == http.MethodGet && strings.Contains(path, "/versions/"):
		return s.GetSecretVersion(ctx, &pb.GetSecretVersionRequest{Name: path})
	case r.Method == http.MethodGet && strings.Contains(path, "/secrets/"):
		return s.GetSecret(ctx, &pb.GetSecretRequest{Name: path})
	case r.Method == http.MethodPost && collection == "secrets":
		request := &pb.CreateSecretRequest{Parent: parent, SecretId: query.Get("secretId"), Secret: &pb.Secret{}}
		if err := body(r, request.Secret); err != nil {
			return nil, err
		}
		return s.CreateSecret(ctx, request)
	case r.Method == http.MethodPost && verb == "addVersion":
		request := &pb.AddSecretVersionRequest{}
		if err := body(r, request); err != nil {
			return nil, err
		}
		request.Parent = name
		return s.AddSecretVersion(ctx, request)
	case r.Method == http.MethodPost && verb == "disable":
		return s.DisableSecretVersion(ctx, &pb.DisableSecretVersionRequest{Name: name})
	}
	return nil, status.Errorf(codes.NotFound, "Method not found.")
}

func body(r *http.Request, into proto.Message) error {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	if err := protojson.Unmarshal(text, into); err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	return nil
}

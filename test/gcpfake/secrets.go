package main

import (
	"context"
	"fmt"
	"hash/crc32"
	"hash/fnv"
	"regexp"
	"strconv"
	"strings"
	"sync"

	pb "cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// secrets is Secret Manager, over gRPC and by rest over HTTP.
type secrets struct {
	pb.UnimplementedSecretManagerServiceServer
	iam     *iam
	traffic *traffic

	mu sync.Mutex
	// all are the secrets by name: projects/ID[/locations/LOCATION]/secrets/NAME.
	all map[string]*stored
	// refusals is how many reads of values are refused from now on as too many; garbled how many come with a wrong checksum.
	refusals, garbled int
}

type stored struct {
	secret   *pb.Secret
	versions []*version
}

type version struct {
	about *pb.SecretVersion
	data  []byte
}

// locationKey is under which a context knows the location that a host serves; the empty one is the global host.
type locationKey struct{}

// callerKey is under which a context knows the access token of a call.
type callerKey struct{}

// intercept gives calls over gRPC the access token that they came with.
func (s *secrets) intercept(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	token := ""
	if md, ok := metadata.FromIncomingContext(ctx); ok && len(md.Get("authorization")) == 1 {
		token = strings.TrimPrefix(md.Get("authorization")[0], "Bearer ")
	}
	return handle(context.WithValue(ctx, callerKey{}, token), request)
}

var resource = regexp.MustCompile(`^projects/([a-z0-9.:-]+)(?:/locations/([a-z0-9-]+))?(?:/secrets/([A-Za-z0-9_-]{1,255})(?:/versions/([A-Za-z0-9_-]+))?)?$`)

// numberOf is the number of a project; a project may be named by it.
func numberOf(project string) string {
	if _, err := strconv.ParseUint(project, 10, 64); err == nil {
		return project
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(project))
	return "1" + fmt.Sprintf("%011d", h.Sum32())
}

// name is a resource that is named as somebody asks for it.
type name struct {
	asked, project, location, secret, version string
}

func (n name) parent() string {
	if n.location != "" {
		return "projects/" + numberOf(n.project) + "/locations/" + n.location
	}
	return "projects/" + numberOf(n.project)
}

// full is the name of the secret by which Google answers: with the number of the project.
func (n name) full() string { return n.parent() + "/secrets/" + n.secret }

// parse reads a name and checks that the host that was asked serves its location.
func parse(ctx context.Context, text string) (name, error) {
	parts := resource.FindStringSubmatch(text)
	if parts == nil {
		return name{}, status.Errorf(codes.InvalidArgument, "The provided Secret ID or Version [%s] does not match the expected format [projects/*/secrets/*/versions/*]", text)
	}
	n := name{text, parts[1], parts[2], parts[3], parts[4]}
	if served, _ := ctx.Value(locationKey{}).(string); served != n.location {
		return name{}, status.Errorf(codes.InvalidArgument, "The resource [%s] is not served at this endpoint.", text)
	}
	return n, nil
}

// may checks that the caller has a permission for a secret, or for a project.
func (s *secrets) may(ctx context.Context, permission string, n name) error {
	token, _ := ctx.Value(callerKey{}).(string)
	caller, err := s.iam.caller(token)
	if err != nil {
		return unauthenticated()
	}
	on := n.parent()
	if n.secret != "" {
		on = n.full()
	}
	if !s.iam.permits(caller.member, permission, on) {
		return denied(permission, n.asked, "iam.googleapis.com")
	}
	return nil
}

// of is a version of a secret; "latest" is the newest, whatever its state.
func (s *secrets) of(n name) (*version, error) {
	all := s.all[n.full()]
	if all == nil || len(all.versions) == 0 {
		return nil, status.Errorf(codes.NotFound, "Secret [%s] not found or has no versions.", n.full())
	}
	number, err := strconv.Atoi(n.version)
	if n.version == "latest" {
		number, err = len(all.versions), nil
	}
	if alias, ok := all.secret.VersionAliases[n.version]; ok {
		number, err = int(alias), nil
	}
	if err != nil || number < 1 || number > len(all.versions) {
		return nil, status.Errorf(codes.NotFound, "Secret Version [%s/versions/%s] not found.", n.full(), n.version)
	}
	return all.versions[number-1], nil
}

// AccessSecretVersion gives a value.
func (s *secrets) AccessSecretVersion(ctx context.Context, r *pb.AccessSecretVersionRequest) (*pb.AccessSecretVersionResponse, error) {
	n, err := parse(ctx, r.Name)
	if err != nil {
		return nil, err
	}
	if err := s.may(ctx, "secretmanager.versions.access", n); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refusals > 0 {
		s.refusals--
		return nil, quota(n.project)
	}
	v, err := s.of(n)
	if err != nil {
		return nil, err
	}
	if v.about.State != pb.SecretVersion_ENABLED {
		return nil, status.Errorf(codes.FailedPrecondition, "Secret Version [%s] is in %s state.", v.about.Name, v.about.State)
	}
	sum := int64(crc32.Checksum(v.data, crc32.MakeTable(crc32.Castagnoli)))
	if s.garbled > 0 {
		s.garbled--
		sum++
	}
	return &pb.AccessSecretVersionResponse{Name: v.about.Name, Payload: &pb.SecretPayload{Data: v.data, DataCrc32C: &sum}}, nil
}

// GetSecretVersion tells of a version.
func (s *secrets) GetSecretVersion(ctx context.Context, r *pb.GetSecretVersionRequest) (*pb.SecretVersion, error) {
	n, err := parse(ctx, r.Name)
	if err != nil {
		return nil, err
	}
	if err := s.may(ctx, "secretmanager.versions.get", n); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.of(n)
	if err != nil {
		return nil, err
	}
	return proto.CloneOf(v.about), nil
}

// GetSecret tells of a secret.
func (s *secrets) GetSecret(ctx context.Context, r *pb.GetSecretRequest) (*pb.Secret, error) {
	n, err := parse(ctx, r.Name)
	if err != nil {
		return nil, err
	}
	if err := s.may(ctx, "secretmanager.secrets.get", n); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if all := s.all[n.full()]; all != nil {
		return proto.CloneOf(all.secret), nil
	}
	return nil, status.Errorf(codes.NotFound, "Secret [%s] not found.", n.full())
}

// CreateSecret makes a secret that has no version.
func (s *secrets) CreateSecret(ctx context.Context, r *pb.CreateSecretRequest) (*pb.Secret, error) {
	n, err := parse(ctx, r.Parent+"/secrets/"+r.SecretId)
	if err != nil {
		return nil, err
	}
	if err := s.may(ctx, "secretmanager.secrets.create", n); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all[n.full()] != nil {
		return nil, status.Errorf(codes.AlreadyExists, "Secret [%s] already exists.", n.full())
	}
	secret := proto.CloneOf(r.Secret)
	secret.Name, secret.CreateTime, secret.Etag = n.full(), timestamppb.Now(), `"1"`
	s.all[n.full()] = &stored{secret: secret}
	return proto.CloneOf(secret), nil
}

// AddSecretVersion adds a value.
func (s *secrets) AddSecretVersion(ctx context.Context, r *pb.AddSecretVersionRequest) (*pb.SecretVersion, error) {
	n, err := parse(ctx, r.Parent)
	if err != nil {
		return nil, err
	}
	if err := s.may(ctx, "secretmanager.versions.add", n); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.all[n.full()]
	if all == nil {
		return nil, status.Errorf(codes.NotFound, "Secret [%s] not found.", n.full())
	}
	return proto.CloneOf(all.add(r.Payload.GetData())), nil
}

func (a *stored) add(data []byte) *pb.SecretVersion {
	about := &pb.SecretVersion{
		Name: fmt.Sprintf("%s/versions/%d", a.secret.Name, len(a.versions)+1), CreateTime: timestamppb.Now(), State: pb.SecretVersion_ENABLED, Etag: `"1"`,
	}
	a.versions = append(a.versions, &version{about: about, data: data})
	return about
}

// DisableSecretVersion takes a version out of use.
func (s *secrets) DisableSecretVersion(ctx context.Context, r *pb.DisableSecretVersionRequest) (*pb.SecretVersion, error) {
	n, err := parse(ctx, r.Name)
	if err != nil {
		return nil, err
	}
	if err := s.may(ctx, "secretmanager.versions.disable", n); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.of(n)
	if err != nil {
		return nil, err
	}
	v.about.State = pb.SecretVersion_DISABLED
	return proto.CloneOf(v.about), nil
}

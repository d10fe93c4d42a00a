package doctor

import (
	"errors"
	"fmt"

	admissionv1 "k8s.io/client-go/kubernetes/typed/admissionregistration/v1"
	appsv1 "k8s.io/client-go/kubernetes/typed/apps/v1"
	authenticationv1 "k8s.io/client-go/kubernetes/typed/authentication/v1"
	authorizationv1 "k8s.io/client-go/kubernetes/typed/authorization/v1"
	batchv1 "k8s.io/client-go/kubernetes/typed/batch/v1"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	discoveryv1 "k8s.io/client-go/kubernetes/typed/discovery/v1"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
)

// clients are those of the groups that are asked. A set of the clients of all groups would make the program by a sixth larger.
type clients struct {
	admission      *admissionv1.AdmissionregistrationV1Client
	apps           *appsv1.AppsV1Client
	authentication *authenticationv1.AuthenticationV1Client
	authorization  *authorizationv1.AuthorizationV1Client
	batch          *batchv1.BatchV1Client
	core           *corev1.CoreV1Client
	discovery      *discoveryv1.DiscoveryV1Client
	metadata       metadata.Interface
}

// newClients makes all of them, on one connection.
func newClients(config *rest.Config) (clients, error) {
	connection, err := rest.HTTPClientFor(config)
	if err != nil {
		return clients{}, fmt.Errorf("read the connection's settings: %w", err)
	}
	var c clients
	var failed [8]error
	c.admission, failed[0] = admissionv1.NewForConfigAndClient(config, connection)
	c.apps, failed[1] = appsv1.NewForConfigAndClient(config, connection)
	c.authentication, failed[2] = authenticationv1.NewForConfigAndClient(config, connection)
	c.authorization, failed[3] = authorizationv1.NewForConfigAndClient(config, connection)
	c.batch, failed[4] = batchv1.NewForConfigAndClient(config, connection)
	c.core, failed[5] = corev1.NewForConfigAndClient(config, connection)
	c.discovery, failed[6] = discoveryv1.NewForConfigAndClient(config, connection)
	c.metadata, failed[7] = metadata.NewForConfigAndClient(config, connection)
	if err := errors.Join(failed[:]...); err != nil {
		return clients{}, fmt.Errorf("make a client: %w", err)
	}
	return c, nil
}

package install

import (
	"testing"

	"github.com/stretchr/testify/assert"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestWhoHasInstalledAnObjectIsSaidTheSameWayEachTime(t *testing.T) {
	for name, tc := range map[string]struct {
		managers []string
		want     string
	}{
		"nobody who is known":                 {[]string{manager}, "somebody else has installed it"},
		"one":                                 {[]string{"kubectl"}, "kubectl has installed it"},
		"several, in whatever order":          {[]string{"kubectl", manager, "flux"}, "flux, kubectl have installed it"},
		"the same ones in another order":      {[]string{"flux", "kubectl", "flux"}, "flux, kubectl have installed it"},
		"what kubectl apply keeps aside":      {[]string{"kubectl-last-applied", "kubectl"}, "kubectl has installed it"},
		"kubectl apply, by what it is called": {[]string{"kubectl-client-side-apply"}, "kubectl-client-side-apply has installed it"},
	} {
		t.Run(name, func(t *testing.T) {
			object := &unstructured.Unstructured{}
			var fields []metav1.ManagedFieldsEntry
			for _, m := range tc.managers {
				fields = append(fields, metav1.ManagedFieldsEntry{Manager: m})
			}
			object.SetManagedFields(fields)
			assert.Equal(t, tc.want, installedBy(object))
		})
	}
}

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/go-hclog"
	jwt "github.com/hashicorp/vault-plugin-auth-jwt"
	kubernetes "github.com/hashicorp/vault-plugin-auth-kubernetes"
	kv "github.com/hashicorp/vault-plugin-secrets-kv"
	"github.com/hashicorp/vault/builtin/credential/approle"
	"github.com/hashicorp/vault/builtin/credential/cert"
	"github.com/hashicorp/vault/builtin/credential/ldap"
	"github.com/hashicorp/vault/builtin/credential/userpass"
	"github.com/hashicorp/vault/helper/namespace"
	"github.com/hashicorp/vault/sdk/helper/consts"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/physical/inmem"
	"github.com/hashicorp/vault/vault"
)

// registry is what of Vault's plugins is compiled in.
type registry map[consts.PluginType]map[string]logical.Factory

func plugins() registry {
	return registry{
		consts.PluginTypeCredential: {
			"approle": approle.Factory, "cert": cert.Factory, "jwt": jwt.Factory, "kubernetes": kubernetes.Factory, "ldap": ldap.Factory,
			"userpass": userpass.Factory,
		},
		consts.PluginTypeSecrets: {"kv": kv.Factory},
	}
}

// Contains implements vault.BuiltinRegistry.
func (r registry) Contains(name string, kind consts.PluginType) bool { return r[kind][name] != nil }

// Get implements vault.BuiltinRegistry.
func (r registry) Get(name string, kind consts.PluginType) (func() (interface{}, error), bool) {
	factory, ok := r[kind][name]
	return func() (interface{}, error) { return factory, nil }, ok
}

// Keys implements vault.BuiltinRegistry.
func (r registry) Keys(kind consts.PluginType) []string {
	var names []string
	for name := range r[kind] {
		names = append(names, name)
	}
	return names
}

// DeprecationStatus implements vault.BuiltinRegistry.
func (r registry) DeprecationStatus(name string, kind consts.PluginType) (consts.DeprecationStatus, bool) {
	return consts.Supported, r.Contains(name, kind)
}

// IsBuiltinEntPlugin implements vault.BuiltinRegistry.
func (registry) IsBuiltinEntPlugin(string, consts.PluginType) bool { return false }

// start makes a core, opens it, and gives it a root token and two mounts of the key-value engine.
func start(url, root string, log hclog.Logger) (*vault.Core, error) {
	storage, err := inmem.NewInmem(nil, log)
	if err != nil {
		return nil, fmt.Errorf("make the storage: %w", err)
	}
	known := plugins()
	core, err := vault.NewCore(&vault.CoreConfig{
		Physical: storage, BuiltinRegistry: known, DisableMlock: true, Logger: log, RedirectAddr: url,
		LogicalBackends: known[consts.PluginTypeSecrets], CredentialBackends: known[consts.PluginTypeCredential],
	})
	if err != nil {
		return nil, fmt.Errorf("make the core: %w", err)
	}
	ctx := namespace.RootContext(context.Background())
	keys, err := core.Initialize(ctx, &vault.InitParams{BarrierConfig: &vault.SealConfig{SecretShares: 1, SecretThreshold: 1}})
	if err != nil {
		return nil, fmt.Errorf("initialize: %w", err)
	}
	if open, err := core.Unseal(keys.SecretShares[0]); err != nil || !open {
		return nil, errors.Join(errors.New("it stays sealed"), err)
	}
	for _, step := range []struct {
		path string
		data map[string]interface{}
	}{
		{"auth/token/create", map[string]interface{}{"id": root, "policies": []string{"root"}, "no_parent": true, "no_default_policy": true}},
		{"sys/mounts/secret", map[string]interface{}{"type": "kv", "options": map[string]string{"version": "2"}}},
		{"sys/mounts/kv", map[string]interface{}{"type": "kv", "options": map[string]string{"version": "1"}}},
	} {
		answer, err := core.HandleRequest(ctx, &logical.Request{
			ID: "start", Operation: logical.UpdateOperation, ClientToken: keys.RootToken, Path: step.path, Data: step.data,
		})
		if err == nil && answer != nil {
			err = answer.Error()
		}
		if err != nil {
			return nil, fmt.Errorf("prepare %s: %w", step.path, err)
		}
	}
	return core, nil
}

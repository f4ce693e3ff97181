package redisconn

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pushstream/internal/redistest"
)

// certificate makes a self-signed one for 127.0.0.1.
func certificate(t *testing.T) (certFile, keyFile string) {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "redis"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	check(err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	check(err)
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	check(os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o600))
	check(os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	return certFile, keyFile
}

// What goes wrong with TLS is named by a real server: an authority that nobody knows, and
// one side without TLS, which else looks like a server that is away.
func TestDiagnoseTLS(t *testing.T) {
	t.Parallel()
	certFile, keyFile := certificate(t)
	plain, encrypted := freePort(t), freePort(t)
	redistest.New(t, "--port", plain, "--bind", "127.0.0.1", "--tls-port", encrypted, "--tls-cert-file", certFile, "--tls-key-file", keyFile,
		"--tls-ca-cert-file", certFile, "--tls-auth-clients", "no")
	for url, says := range map[string]string{
		"rediss://127.0.0.1:" + encrypted: "unknown authority",
		"redis://127.0.0.1:" + encrypted:  "REDIS_URL is without TLS",
		"rediss://127.0.0.1:" + plain:     "does not speak TLS at this port",
	} {
		c := openURL(t, url+"?max_retries=-1&dial_timeout=2s&read_timeout=2s")
		f := Diagnose(timeout(t), c, c.Ping(timeout(t)).Err())
		if f == nil || f.Kind != TLS || !strings.Contains(f.Sentence, says) {
			t.Errorf("%s is %v", url, f)
		}
	}
}

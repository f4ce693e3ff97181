package fcm

import (
	"errors"
	"net/url"
	"strings"
)

// production is where FCM is, as the SDK wants an endpoint written: with the
// version, without a slash at the end.
// https://firebase.google.com/docs/reference/fcm/rest
const production = "https://fcm.googleapis.com/v1"

// normalizeEndpoint brings what people write for FCM_ENDPOINT to the SDK's
// form: "http://127.0.0.1:8090", with or without a slash at the end, with or
// without /v1. Its errors never repeat the text, which may hold a password.
func normalizeEndpoint(s string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(s))
	switch {
	case err != nil:
		return nil, errors.New("FCM_ENDPOINT: is not a URL")
	case u.User != nil:
		return nil, errors.New("FCM_ENDPOINT: must not hold a user name or a password")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("FCM_ENDPOINT: must start with http:// or https://")
	case u.Hostname() == "":
		return nil, errors.New("FCM_ENDPOINT: has no host")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("FCM_ENDPOINT: must not hold a query or a fragment")
	}
	path := strings.TrimSuffix(strings.TrimRight(u.Path, "/"), "/v1")
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimRight(path, "/") + "/v1"}, nil
}

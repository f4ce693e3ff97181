package admin

import (
	"net"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"pushstream/internal/httpapi"
	"pushstream/internal/setting"
)

// localHost refuses requests whose Host is not this machine.
func localHost(c *gin.Context) {
	host := c.Request.Host
	if _, _, err := net.SplitHostPort(host); err != nil {
		host = net.JoinHostPort(strings.Trim(host, "[]"), "80")
	}
	if !setting.Loopback(host) {
		httpapi.Fail(c, http.StatusForbidden, "only for this machine: the API has no login yet")
	}
}

// sameOrigin refuses requests that would change something and that a browser
// makes in the name of another site, be it one on another port of this machine.
// What is no browser sends neither Sec-Fetch-Site nor Origin, and passes.
func sameOrigin() gin.HandlerFunc {
	protection := http.NewCrossOriginProtection()
	return func(c *gin.Context) {
		if protection.Check(c.Request) != nil {
			httpapi.Fail(c, http.StatusForbidden, "not for pages of another origin")
		}
	}
}

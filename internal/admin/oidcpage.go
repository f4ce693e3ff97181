package admin

import (
	_ "embed"
	"html/template"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"pushstream/internal/access"
	"pushstream/internal/httpapi"
)

// oidcRefusal is why a login by the identity provider came to nothing.
type oidcRefusal struct {
	status int
	ko, en string
}

var (
	oidcNone     = oidcRefusal{http.StatusNotFound, "통합 로그인이 설정되어 있지 않습니다.", "no identity provider is set"}
	oidcAgain    = oidcRefusal{http.StatusBadRequest, "이 로그인을 마칠 수 없습니다. 처음부터 다시 해 주십시오.", access.ErrOIDC.Error()}
	oidcNotLetIn = oidcRefusal{http.StatusForbidden, "인증 서버가 로그인을 허용하지 않았습니다.", "the identity provider did not let you in"}
	oidcNoRole   = oidcRefusal{http.StatusForbidden, "이 계정에는 pushstream 역할이 없습니다. 관리자에게 문의해 주십시오.", "the identity provider gives you no role here; ask an administrator"}
	oidcDisabled = oidcRefusal{http.StatusForbidden, "이 계정은 사용이 중지되었습니다. 관리자에게 문의해 주십시오.", "you are disabled here; ask an administrator"}
	oidcTaken    = oidcRefusal{http.StatusConflict, "같은 이름의 다른 사용자가 있습니다. 관리자에게 문의해 주십시오.", "another user has your name here; ask an administrator"}
	oidcFull     = oidcRefusal{http.StatusConflict, "사용자 수가 한도에 이르렀습니다. 관리자에게 문의해 주십시오.", "there are too many users; ask an administrator"}
	oidcAway     = oidcRefusal{http.StatusServiceUnavailable, "인증 서버가 응답하지 않습니다. 잠시 후 다시 해 주십시오.", "the identity provider does not answer; try again"}
	oidcNoStore  = oidcRefusal{http.StatusServiceUnavailable, "저장소가 응답하지 않습니다. 잠시 후 다시 해 주십시오.", "the store does not answer; try again"}
)

// refuseOIDC ends a request with a page for people, or a problem document for programs.
func refuseOIDC(c *gin.Context, r oidcRefusal) {
	if r.status == http.StatusServiceUnavailable {
		c.Header("Retry-After", "1")
	}
	if !strings.Contains(c.GetHeader("Accept"), "text/html") {
		httpapi.Fail(c, r.status, r.en)
		return
	}
	showPage(c, r.status, oidcPage{Again: r.status != http.StatusNotFound, KO: r.ko, EN: strings.ToUpper(r.en[:1]) + r.en[1:] + ".", Request: httpapi.RequestID(c)})
	c.Abort()
}

// oidcPage is what people are shown between the provider and the dashboard.
type oidcPage struct {
	Home    bool // it goes on to the dashboard by itself
	Again   bool // one may begin again
	KO, EN  string
	Request string // its id
}

//go:embed oidc.html
var oidcHTML string

var oidcTemplate = template.Must(template.New("oidc").Parse(oidcHTML))

func showPage(c *gin.Context, status int, p oidcPage) {
	var text strings.Builder
	if err := oidcTemplate.Execute(&text, p); err != nil {
		panic(err) // a bug in the template
	}
	c.Data(status, "text/html; charset=utf-8", []byte(text.String()))
}

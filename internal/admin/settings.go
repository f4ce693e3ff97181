package admin

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// Setting is one knob of the process as it is set.
type Setting struct {
	Variable string `json:"variable"`
	Value    string `json:"value"` // never a secret
	Default  string `json:"default"`
	Help     string `json:"help"`
}

// settingList is how this process is set. Other processes have their own.
type settingList struct {
	Items []Setting `json:"items"`
}

func (a *api) settings(c *gin.Context) {
	c.JSON(http.StatusOK, settingList{append([]Setting{}, a.Settings...)})
}

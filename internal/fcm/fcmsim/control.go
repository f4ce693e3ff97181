package fcmsim

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// maxConfig bounds PUT /_sim/config: some 100,000 tokens with fates.
const maxConfig = 16 << 20

// defaultListed is the limit of GET /_sim/messages if it isn't given.
const defaultListed = 100

// control is every route but messages:send.
func (s *Simulator) control() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", s.serveToken)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "ok\n")
	})
	mux.HandleFunc("GET "+elsewhere, func(w http.ResponseWriter, _ *http.Request) {
		s.ledger.Load().redirects.Add(1)
		writeJSON(w, http.StatusOK, struct{}{})
	})
	mux.HandleFunc("GET /_sim/config", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, s.Config())
	})
	mux.HandleFunc("PUT /_sim/config", s.putConfig)
	mux.HandleFunc("GET /_sim/stats", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, s.Stats())
	})
	mux.HandleFunc("GET /_sim/messages", s.listMessages)
	mux.HandleFunc("GET /_sim/messages/{msg_id...}", func(w http.ResponseWriter, r *http.Request) {
		m, ok := s.Message(r.PathValue("msg_id"))
		if !ok {
			complain(w, http.StatusNotFound, "no request with this msg_id since the last reset")
			return
		}
		writeJSON(w, http.StatusOK, m)
	})
	mux.HandleFunc("GET /_sim/times", s.streamLines((*ledger).appendTimes))
	mux.HandleFunc("GET /_sim/ledger", s.streamLines((*ledger).appendLedger))
	mux.HandleFunc("POST /_sim/reset", func(w http.ResponseWriter, _ *http.Request) {
		s.Reset()
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}

// putConfig replaces the config, or answers 422 with every mistake.
func (s *Simulator) putConfig(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxConfig))
	if err != nil {
		complain(w, http.StatusRequestEntityTooLarge, err.Error())
		return
	}
	var c Config
	if err := json.Unmarshal(body, &c); err != nil {
		complain(w, http.StatusBadRequest, err.Error())
		return
	}
	if err := s.Configure(c); err != nil {
		complain(w, http.StatusUnprocessableEntity, strings.Split(err.Error(), "\n")...)
		return
	}
	writeJSON(w, http.StatusOK, s.Config())
}

func (s *Simulator) listMessages(w http.ResponseWriter, r *http.Request) {
	limit := defaultListed
	if given := r.URL.Query().Get("limit"); given != "" {
		n, err := strconv.Atoi(given)
		if err != nil || n < 0 {
			complain(w, http.StatusBadRequest, "limit: must be a number from 0")
			return
		}
		limit = n
	}
	writeJSON(w, http.StatusOK, s.Messages(limit))
}

// streamLines writes shard by shard, so that it neither holds everything in
// memory nor holds up those who count.
func (s *Simulator) streamLines(appendShard func(*ledger, []byte, int) []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=UTF-8")
		book := s.ledger.Load()
		var b []byte
		for shard := range shardCount {
			b = appendShard(book, b[:0], shard)
			if _, err := w.Write(b); err != nil {
				return
			}
		}
	}
}

// complain answers {"errors": […]}.
func complain(w http.ResponseWriter, status int, mistakes ...string) {
	writeJSON(w, status, map[string][]string{"errors": mistakes})
}

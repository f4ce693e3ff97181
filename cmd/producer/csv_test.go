package main

import (
	"strings"
	"testing"
	"time"

	"pushstream/internal/push"
)

const header = "id,device_id,msg_title,data\n"

func TestLoadCSV(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, content string
		ids           []string
		rejected      map[int][]string
	}{
		{"rows", header + "a,t,x,\nb,t,x,\n", []string{"a", "b"}, nil},
		{"no line feed at the end", header + "a,t,x,", []string{"a"}, nil},
		{"CRLF, byte order mark", "\xef\xbb\xbf" + strings.ReplaceAll(header+"a,t,x,\nb,t,\"x\",\n", "\n", "\r\n"), []string{"a", "b"}, nil},
		{"blanks in the header, quoted names", " id , \"device_id\" ,msg_title,data\n"[0:4] + ",device_id , msg_title,data\na,t,x,\n", []string{"a"}, nil},
		{"blank lines", header + "\na,t,x,\n  \n\r\nb,t,x,\n\n", []string{"a", "b"}, nil},
		{"only a header", header, nil, nil},
		{"quotes, commas and line feeds", header + "a,t,\"x, \"\"y\"\"\n\nz\",\"{\"\"k\"\":\"\"v\"\"}\"\nb,t,x,\n", []string{"a", "b"}, nil},
		{"columns that a spreadsheet drops and adds", header + "a,t,x,\nb,t,x\nc,t,x,,\nd,t,x,, , \n", []string{"a", "b", "c", "d"}, nil},
		{"too few and too many columns", header + "a,t\nb,t,x,,,y\nc\nd,t,x\n", []string{"d"}, map[int][]string{2: {"", "msg_contents"}, 3: {""}, 4: {"", "device_id", "msg_contents"}}},
		{"faults of a row", header + "a b,,,{\nc,t,x,\n", []string{"c"}, map[int][]string{2: {"id", "device_id", "msg_contents", "data"}}},
		{"a quote within a text", header + "a,t,5\" tall,\nb,t,x,\nc,t,x,\n", []string{"b", "c"}, map[int][]string{2: {""}}},
		{
			"quotes within texts of two rows: the rows between are not lost",
			header + "a,t,5\" tall,\nb,t,x,\nc,t,x,\nd,t,6\" tall,\ne,t,x,\n", []string{"b", "c", "e"}, map[int][]string{2: {""}, 5: {""}},
		},
		{
			"a quote never closed, then rows with quotes of their own",
			header + "a,t,\"open,\nb,t,\"x, y\",\nc,t,x,\nd,t,\"x\",\n", []string{"b", "c", "d"}, map[int][]string{2: {""}},
		},
		{"a quote never closed, then the end", header + "a,t,x,\nb,t,\"open,\nc,t,x,\nd,t,x,", []string{"a", "c", "d"}, map[int][]string{3: {""}}},
		{"a quote never closed in the last row", header + "a,t,x,\nb,t,\"open", []string{"a"}, map[int][]string{3: {""}}},
		{"two of them", header + "a,t,\"open,\nb,t,x,\nc,t,\"open,\nd,t,x,\n", []string{"b", "d"}, map[int][]string{2: {""}, 4: {""}}},
		{"text behind a quote", header + "a,t,\"x\"y,\nb,t,x,\n", []string{"b"}, map[int][]string{2: {""}}},
		{"a column that is not there", "device_id,id,msg_title\nt,a,x\n", []string{"a"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			path := b.file(t, "jobs.csv", tt.content)
			b.run(t, "load", path).counts(t, len(tt.ids)+len(tt.rejected), len(tt.ids), 0, len(tt.rejected))
			b.checkIDs(t, tt.ids...)
			if len(tt.rejected) > 0 {
				b.checkRejected(t, path+".rejected.csv", tt.rejected)
			}
		})
	}
}

func TestLoadCSVKeepsTheJob(t *testing.T) {
	t.Parallel()
	b := setup(t)
	later, _ := reserved(24 * time.Hour)
	content := "ttl,priority,msg_contents,data,device_id,id,sndn_rsev_hour,D_servicename\r\n" +
		"60,urgent,\"둘,\r\n줄 \"\"x\"\"\",\"{\"\"k\"\":\"\"v\"\"}\",token,a,,trade\r\n" + ",,내용,,token,b," + later + ",\r\n"
	b.run(t, "load", b.file(t, "jobs.csv", content)).counts(t, 2, 2, 0, 0)
	records := b.records(t)
	if r := records["a"]; r.TTL != 60 || r.Priority != push.Urgent || r.MsgContents != "둘,\n줄 \"x\"" || r.Data["k"] != "v" || r.ServiceName != "trade" {
		t.Errorf("%+v", r)
	}
	if r := records["b"]; r.TTL != push.DefaultTTL || r.Priority != push.Normal || r.Status != push.Scheduled || r.Data != nil {
		t.Errorf("%+v", r)
	}
}

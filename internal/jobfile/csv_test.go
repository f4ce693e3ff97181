package jobfile

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"pushstream/internal/push"
)

// outcomes are the ids of a file's jobs, or the fields at fault, by line.
func outcomes(t *testing.T, text string) (all []string) {
	t.Helper()
	r, err := open(strings.NewReader(text), "csv")
	if err != nil {
		return []string{err.Error()}
	}
	for {
		l, err := r.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		said := fmt.Sprintf("%d %s", l.Number, l.Job.ID)
		var faults push.Faults
		if errors.As(l.Err, &faults) {
			said = fmt.Sprintf("%d", l.Number)
			for _, f := range faults {
				said += " !" + f.Field
			}
		}
		all = append(all, said)
	}
}

func TestTables(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"names in any case, padded, full-width", "\u00a0ID ,\ufeffDevice_Id,ｍｓｇ＿ｔｉｔｌｅ,d_SERVICENAME\na,t,x,s\n", "2 a"},
		{"quoted separator line", "\"sep=;\"\nid;device_id;msg_title\na;t;x\n", "3 a"},
		{"separator line by a tab", "sep=\t\r\nid\tdevice_id\tmsg_title\r\na\tt\tx\r\n", "3 a"},
		{"separator line against the header", "sep=;\nid,device_id,msg_title\n", `the CSV header has: unknown column "id,device_id,msg_title", no column device_id`},
		{"only a separator line", "sep=;\n", "no header"},
		{"bars", "id|device_id|msg_title\na|t|x, y; z\n", "2 a"},
		{"commas in a value of a table by semicolons", "id;device_id;msg_title\na;t;x, y\nb;t;\"x; y\"\n", "2 a/3 b"},
		{"a value without a column", "id,device_id,msg_title,,\na,t,x,,\nb,t,x,y,\nc,t,x,,y\nd,t,x,,,,,y\ne,t,x, ,\u3000\n", "2 a/3 !/4 !/5 !/6 e"},
		{"a nameless column in the middle", "id,,device_id,msg_title\na,,t,x\nb,y,t,x\n", "2 a/3 !"},
		{"blank rows of all kinds", "id,device_id,msg_title\n,,\n\"\",\"\",\"\"\n\u00a0,\u200b,\u3000\n \n;;\n\x1a\na,t,x\x1a", "6 ! !id !device_id !msg_contents/8 a"},
		{"files put together", "id,device_id,msg_title\na,t,x\n\x1a\ufeffid,device_id,msg_title\nb,t,x\n", "2 a/4 b"},
		{"files of other columns put together", "id,device_id,msg_title\na,t,x\nmsg_title,id,device_id\nx,b,t\n", "2 a/4 b"},
		{"files of unknown columns put together", "id,device_id,msg_title\na,t,x\nname,id,device_id\nx,b,t\nid,device_id,msg_title\nc,t,x\n", "2 a/3 !/4 !/6 c"},
		{"files with separator lines put together", "sep=,\nid,device_id,msg_title\na,t,x\nsep=,\nid,device_id,msg_title\nb,t,x\n", "3 a/6 b"},
		{"a line break without quotes", "id,device_id,msg_title,msg_contents,csno\na,t,x,하나\n둘,10023451\nb,t,x,y,1\n", "2 !/3 ! !id !msg_contents/4 b"},
		{"short rows that belong to nobody", "id,device_id,msg_title,msg_contents,csno\na,t,x\nb,t\nc,t,x\n", "2 a/3 ! !msg_contents/4 c"},
		{"a short row at the end", "id,device_id,msg_title,csno\na,t,x\nb,t,x", "2 a/3 b"},
		{"an id that is missing is not one that is wrong", "device_id,msg_title,csno\nt,x\nu,y\n", "2 /3 "},
		{
			"values that a spreadsheet changed", "id,csno,device_id,msg_title,cust_telno,data\na,1.00235E+07,t,x,,\nb,1,t,#N/A,,\nc,1,t,x,1e+12,\nd,#NAME?,t,x,,\n" +
				"e,1,#REF!,x,,\nf,1,t,x,####,\ng,1,t,#DIV/0!,,\nh,1,t,x,,#VALUE!\ni,#SPILL!,t,x,\" 8,2E+11 \",\n",
			"2 !csno/3 !msg_title/4 !cust_telno/5 !csno/6 !device_id/7 !cust_telno/8 !msg_title/9 !data/10 !csno !cust_telno",
		},
		{"values that look a little like those", "id,csno,uuid_id,device_id,msg_title\na,1E5,0x1F,t,1.5E+07\nb,E+07,1e10,t,#해시태그\nc,#1,2,t,#N/A 문의\n1E5,3,4,t,#\n", "2 a/3 b/4 c/5 1E5"},
		{"an error of a cell that is in words", "id,device_id,msg_title\na,t,#1 VALUE!\nb,t,#SALE\n", "2 a/3 b"},
	} {
		if got := strings.Join(outcomes(t, tt.text), "/"); got != tt.want && (len(tt.want) < 9 || !strings.HasPrefix(got, tt.want)) && !(tt.want == "no header" && strings.Contains(got, tt.want)) {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

package corpus

import (
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
)

func TestJobsAreValidAndTheirOwn(t *testing.T) {
	t.Parallel()
	ids, texts, customers, tokens := map[string]bool{}, map[string]bool{}, map[string]int{}, map[string]string{}
	bytes, contents := 0, 0
	const n = 20_000
	for i := range n {
		job := Job("test", i)
		before := job
		if faults := job.Validate(time.UTC); faults != nil {
			t.Fatalf("job %d: %v", i, faults)
		}
		if !reflect.DeepEqual(job, before) || !reflect.DeepEqual(job, Job("test", i)) {
			t.Fatalf("job %d is not complete, or not always the same", i)
		}
		if ids[job.ID] || !strings.HasPrefix(job.ID, "test-") {
			t.Fatalf("id %s", job.ID)
		}
		if owner, ok := tokens[job.DeviceID]; ok && owner != job.Csno {
			t.Fatalf("customers %s and %s share a token", owner, job.Csno)
		}
		ids[job.ID], texts[job.MsgContents], tokens[job.DeviceID] = true, true, job.Csno
		customers[job.Csno]++
		for _, s := range []string{job.ID, job.Csno, job.UUIDID, job.DeviceID, job.MsgTitle, job.MsgContents, job.ServiceName, job.PushGrpID, job.CustTelno} {
			bytes += len(s)
		}
		contents += len(job.MsgContents)
	}
	if len(texts) < n*95/100 || len(customers) < n/4 || len(tokens) <= len(customers) {
		t.Errorf("%d texts, %d customers with %d tokens: they hardly vary", len(texts), len(customers), len(tokens))
	}
	most := 0
	for _, pushes := range customers {
		most = max(most, pushes)
	}
	if most < n/2000 || most > n/200 {
		t.Errorf("one customer has %d of %d pushes", most, n)
	}
	if mean := bytes / n; mean < 380 || mean > 480 {
		t.Errorf("%d bytes a job", mean)
	}
	if mean := contents / n; mean < 120 || mean > 150 {
		t.Errorf("%d bytes of contents", mean)
	}
}

// What belongs to a customer is the same in all of their pushes.
func TestCustomers(t *testing.T) {
	t.Parallel()
	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	telno := regexp.MustCompile(`^010-\d{4}-\d{4}$`)
	type person struct{ uuid, telno string }
	people, phones := map[string]person{}, map[string]map[string]bool{}
	for i := range 20_000 {
		job := Job("test", i)
		if !uuid.MatchString(job.UUIDID) || !telno.MatchString(job.CustTelno) || len(job.Csno) != 8 {
			t.Fatalf("%+v", job)
		}
		p := person{job.UUIDID, job.CustTelno}
		if before, ok := people[job.Csno]; ok && before != p {
			t.Fatalf("customer %s is %v and %v", job.Csno, before, p)
		}
		if people[job.Csno] = p; phones[job.Csno] == nil {
			phones[job.Csno] = map[string]bool{}
		}
		phones[job.Csno][job.DeviceID] = true
	}
	two := 0
	for csno, tokens := range phones {
		if len(tokens) > 2 {
			t.Errorf("customer %s has %d phones", csno, len(tokens))
		}
		two += len(tokens) - 1
	}
	if two == 0 {
		t.Error("nobody has two phones")
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	if Token(1) != Token(1) || Token(1) == Token(2) || len(Token(1)) != 152 || !strings.Contains(Token(1), AbsentToken[:6]) {
		t.Errorf("%s %s", Token(1), Token(2))
	}
}

// Searches are measured with these words: how many rows have them must be known.
func TestWords(t *testing.T) {
	t.Parallel()
	const n = 100_000
	rare, likeAbsent := 0, 0
	for i := range n {
		job := Job("test", i)
		text := job.MsgTitle + job.MsgContents
		if strings.Contains(job.MsgContents, Rare) {
			rare++
		} else if strings.Contains(job.MsgTitle, Rare) {
			t.Fatalf("only the title has it: %+v", job)
		}
		if strings.Contains(text, Absent) || strings.Contains(text+job.DeviceID, AbsentToken) {
			t.Fatalf("it is there: %+v", job)
		}
		if strings.Contains(job.MsgContents, Absent[:6]) {
			likeAbsent++
		}
	}
	if rare < n*9/1000 || rare > n*11/1000 {
		t.Errorf("%d of %d have %s", rare, n, Rare)
	}
	if likeAbsent < n/20 {
		t.Errorf("only %d texts have the beginning of %s", likeAbsent, Absent)
	}
}

// Every template comes out as a text in which nothing is left to fill in, and
// whose particles fit.
func TestTemplates(t *testing.T) {
	t.Parallel()
	l, m := texts(), makers.New().(*maker)
	if l.abroad == 0 || len(l.common) < 500 || len(l.rare) == 0 {
		t.Fatalf("%d stocks at home, %d and %d templates", l.abroad, len(l.common), len(l.rare))
	}
	left := regexp.MustCompile(`[{}|]`)
	for _, template := range append(l.common, l.rare...) {
		m.draw()
		m.who.is(m.below(customers))
		title, contents := m.write(template.title, nil), m.write(template.contents, l.closings)
		for _, text := range []string{title, contents} {
			if left.MatchString(text) || strings.TrimSpace(text) != text || text == "" || strings.ContainsFunc(text, unicode.IsControl) {
				t.Errorf("%q", text)
			}
		}
	}
	for before, want := range map[string]string{"카카오": "카카오가", "기아": "기아가", "은행": "은행이", "KT": "KT가", "": "가"} {
		m.buf = append(m.buf[:0], before...)
		if m.particle("이"); string(m.buf) != want {
			t.Errorf("%s, want %s", m.buf, want)
		}
	}
}

// Jobs may be made by several goroutines at once.
func TestConcurrently(t *testing.T) {
	t.Parallel()
	want := Job("test", 7)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 200 {
				Job("test", i*g)
				if got := Job("test", 7); !reflect.DeepEqual(got, want) {
					t.Errorf("%+v", got)
					return
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkJob(b *testing.B) {
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		Job("bench", n)
	}
}

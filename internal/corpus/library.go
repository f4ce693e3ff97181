package corpus

import (
	_ "embed" // the texts
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// templates.txt has a line for each: weight|service|title|contents, where {name}
// stands for what maker.fill puts there. closings.txt has sentences that may
// follow, words.txt lists to choose from, stocks.txt names of stocks, the more
// popular first.
var (
	//go:embed templates.txt
	templatesText string
	//go:embed closings.txt
	closingsText string
	//go:embed words.txt
	wordsText string
	//go:embed stocks.txt
	stocksText string
)

// ipo is the service whose pushes have Rare in their contents: one in a hundred,
// whatever their weights are.
const ipo = "ipo"

// firstAbroad is where in stocks.txt other markets begin.
const firstAbroad = "애플"

// groupsEach is how many groups of recipients each service has.
const groupsEach = 4

// part is a piece of a template: literal text, then what is put there, if any.
type part struct {
	literal string
	fill    string
	words   []string // to choose one of; nil: fill says what to do
	once    int      // not 0: the number of a list of once
}

// once are the lists from which a job has one word, however often it is named:
// what the title says, the contents don't contradict.
var once = []string{"side", "filing", "topic", "topice", "quarter", "index", "bank", "broker", "branch", "fund"}

type template struct {
	service         string
	groups          []string
	title, contents []part
}

// library is all that texts are made from.
type library struct {
	common, rare  weighted
	closings      [][]part
	stocks        []stock
	abroad        int // from here on stocks are of other markets
	words         map[string][]string
	people, firms [3][]string // what their names are put together from
}

type stock struct {
	name  string
	price int // won, about
}

// weighted are templates, each as often in it as its weight says.
type weighted []*template

// texts reads the texts once.
var texts = sync.OnceValue(func() *library {
	l := &library{words: map[string][]string{}}
	for _, line := range lines(wordsText) {
		list := strings.Split(line, "|")
		l.words[list[0]] = list[1:]
	}
	l.people = [3][]string{l.words["surname"], l.words["given1"], l.words["given2"]}
	l.firms = [3][]string{l.words["syl1"], l.words["syl2"], l.words["kind"]}
	for i, name := range lines(stocksText) {
		// From 1,000 won to a million, in no order.
		l.stocks = append(l.stocks, stock{name, int(1000 * math.Pow(1000, float64(i*37%100)/100))})
		if name == firstAbroad {
			l.abroad = i
		}
	}
	services := map[string][]string{}
	for _, line := range lines(templatesText) {
		f := strings.Split(line, "|")
		weight, err := strconv.Atoi(f[0])
		if err != nil || len(f) != 4 {
			panic("templates.txt: " + line)
		}
		if services[f[1]] == nil {
			for n := range groupsEach {
				services[f[1]] = append(services[f[1]], fmt.Sprintf("GRP-%02d%02d", len(services)+10, n+1))
			}
		}
		t := &template{f[1], services[f[1]], l.parse(f[2]), l.parse(f[3])}
		to := &l.common
		if t.service == ipo {
			to = &l.rare
		}
		for range weight {
			*to = append(*to, t)
		}
	}
	for _, line := range lines(closingsText) {
		l.closings = append(l.closings, l.parse(line))
	}
	return l
})

func lines(text string) []string { return strings.Split(strings.TrimSpace(text), "\n") }

func (l *library) parse(text string) (parts []part) {
	for text != "" {
		literal, rest, _ := strings.Cut(text, "{")
		name, rest, _ := strings.Cut(rest, "}")
		p := part{literal: literal, fill: name, words: l.words[name]}
		if i := slices.Index(once, name); i >= 0 {
			p.once = i + 1
		}
		parts = append(parts, p)
		text = rest
	}
	return parts
}

// pick chooses a template.
func (l *library) pick(r *rand.Rand) *template {
	from := l.common
	if r.IntN(100) == 0 {
		from = l.rare
	}
	return from[r.IntN(len(from))]
}

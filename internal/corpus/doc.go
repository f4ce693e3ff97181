// Package corpus makes jobs for tests and benchmarks: what a securities firm
// tells its customers, in Korean and some English, about 450 bytes of payload
// each. Few customers get many pushes, most get few. The nth job is always the
// same.
//
//	corpus.go     the job, and words whose frequency is known
//	customer.go   what belongs to a customer: numbers, tokens, phone
//	library.go    templates and lists of words, read from *.txt
//	text.go       titles and contents, made from them
package corpus

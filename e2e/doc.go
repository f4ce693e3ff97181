// Package e2e tests the whole of pushstream: the real binaries as processes, a
// real redis-server, and the simulator in the place of FCM. It has tests only.
//
//	main_test.go        builds the binaries once; nothing may be left running
//	system_test.go      one pushstream for a test: Redis, simulator, processes
//	jobs_test.go        the jobs that are handed in; what no log may repeat
//	store_test.go       what must hold of the whole store when the work is done
//	lossy_test.go       a proxy before Redis that loses answers
//	*_test.go           the promises (design, §6), a file for each kind of trouble
//
// No test asserts how long something takes: they poll, with deadlines that are
// far longer than a healthy system needs. At most two run at a time.
package e2e

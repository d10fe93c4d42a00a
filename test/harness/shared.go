package harness

import "sync"

// shared is what all tests of one test binary have in common. It is the one variable of this package: a test binary has no
// place of its own to keep a cluster that several tests use, and a cluster for each test would cost seconds each.
var shared = newSession()

// session starts and builds each thing at most once. A failure, too, is kept: every test that asks gets the reason.
type session struct {
	cluster     func() (*ControlPlane, error)
	nodeCluster func() (*ControlPlane, error)
	runnerImage func() (string, error)

	mu       sync.Mutex // guards programs
	programs map[program]func() (string, error)
}

// newSession is a session that has started and built nothing.
func newSession() *session {
	s := &session{programs: map[program]func() (string, error){}}
	s.cluster = sync.OnceValues(func() (*ControlPlane, error) { return s.startCluster() })
	s.nodeCluster = sync.OnceValues(func() (*ControlPlane, error) { return s.startCluster("--node") })
	s.runnerImage = sync.OnceValues(s.loadRunnerImage)
	return s
}

// build returns the path of a program, which is compiled for the first who asks.
func (s *session) build(p program) (string, error) {
	s.mu.Lock()
	once, ok := s.programs[p]
	if !ok {
		once = sync.OnceValues(p.build)
		s.programs[p] = once
	}
	s.mu.Unlock()
	return once()
}

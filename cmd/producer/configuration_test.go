package main

import (
	"testing"

	"pushstream/internal/setting/configdoc"
)

func TestConfigurationPage(t *testing.T) { configdoc.Check(t, newCLI(), "producer") }

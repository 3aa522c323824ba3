# Reads one xUnit.net v3 XML report. Prints a first line "passed failed skipped", then each failed test with its message.
# Portable awk: every record is one tag with the text behind it, so CDATA that contains '<' spans several records.
BEGIN { RS = "<" }

function attribute(name,    start, rest) {
  start = index($0, " " name "=\"")
  if (start == 0) return ""
  rest = substr($0, start + length(name) + 3)
  rest = substr(rest, 1, index(rest, "\"") - 1)
  gsub(/&lt;/, "<", rest); gsub(/&gt;/, ">", rest); gsub(/&quot;/, "\"", rest); gsub(/&apos;/, "'", rest)
  gsub(/&#x[AaDd];/, " ", rest); gsub(/&amp;/, "\\&", rest)
  return rest
}

function tell(name) { failures = failures "\n" name "\n"; said = 0 }

# Only the first frame with a source line: where the test stood.
function place(trace,    lines, count, i) {
  count = split(trace, lines, "\n")
  for (i = 1; i <= count; i++)
    if (lines[i] ~ / in .*:line [0-9]+/) {
      sub(/^.* in /, "", lines[i]); sub(/:line /, ":", lines[i])
      failures = failures "  at " lines[i] "\n"
      return
    }
}

function closed(text) {
  if (element == "message") {
    # xUnit.net escapes quotes and backslashes in the report.
    gsub(/\\"/, "\"", text); gsub(/\\\\/, "\\", text)
    gsub(/\n/, "\n  ", text)
    failures = failures "  " text "\n"
  } else if (element == "stack-trace" && !said) {
    said = 1
    place(text)
  }
}

text != "" || /^!\[CDATA\[/ {
  text = text (text == "" ? substr($0, 9) : "<" $0)
  end = index(text, "]]>")
  if (end == 0) { if (text == "") text = "\n"; next }
  if (failing) closed(substr(text, 1, end - 1))
  text = ""
  next
}

/^assembly / {
  passed += attribute("passed")
  failed += attribute("failed") + attribute("errors")
  skipped += attribute("skipped")
}
/^test /       { failing = attribute("result") == "Fail"; if (failing) tell(attribute("name")) }
/^error /      { failing = 1; tell(assembly ": " (attribute("name") == "" ? attribute("type") : attribute("name"))) }
/^message/     { element = "message" }
/^stack-trace/ { element = "stack-trace" }
/^output/      { element = "output" }
/^\/test>/     { failing = 0 }

END { printf "%d %d %d\n%s", passed, failed, skipped, failures }

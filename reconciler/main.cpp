// argv → command → exit code.
#include <string>
#include <vector>

#include "reconciler/command/run.hpp"
#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/standard_streams.hpp"
#include "schema/exit_code.hpp"

int main(int argc, char** argv) {
  if (!ingot::io::occupy_standard_streams()) return ingot::exit_local;  // there is nowhere to say it
  ingot::io::catch_signals();
  ingot::io::SystemTerminal terminal;
  return ingot::command::run(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc), terminal);
}

// argv → command → exit code.
#include <string>
#include <vector>

#include "reconciler/cli/run.hpp"
#include "reconciler/io/interrupt.hpp"

int main(int argc, char** argv) {
  ingot::catch_signals();
  ingot::SystemTerminal terminal;
  return ingot::run(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc), terminal);
}

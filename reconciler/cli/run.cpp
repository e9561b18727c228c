#include "reconciler/cli/run.hpp"

namespace ingot {

int run(int, char**) { return 1; }

}  // namespace ingot

#include "reconciler/trust/verify.hpp"

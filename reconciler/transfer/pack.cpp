#include "reconciler/transfer/pack.hpp"

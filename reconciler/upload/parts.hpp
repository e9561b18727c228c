// Uploads in parts that nothing will finish.
#pragma once

#include <string>

#include "reconciler/upload/bucket.hpp"
#include "reconciler/upload/records.hpp"

namespace ingot::upload {

/// Ends the upload in parts of this path, if one is recorded, in the store and then in the records: a store keeps parts, and asks
/// money for them, until they are dropped. Throws as Bucket does.
void forget_parts(Bucket& bucket, Records& records, const std::string& path);

}  // namespace ingot::upload

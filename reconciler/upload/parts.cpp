#include "reconciler/upload/parts.hpp"

namespace ingot::upload {

void forget_parts(Bucket& bucket, Records& records, const std::string& path) {
  const auto parts = records.parts(path);
  if (!parts) return;
  bucket.drop_parts(path, parts->id);
  records.parts_are(path, "");
}

}  // namespace ingot::upload
